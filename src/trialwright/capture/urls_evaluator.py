"""The addresses of the evaluator's own application: his routes of the policy, and no others."""

from django.urls import path

from trialwright.capture import urls
from trialwright.capture.policy import EVALUATOR_ROUTES

urlpatterns = [path(route.pattern, urls.ANSWERS[route.name], name=route.name) for route in EVALUATOR_ROUTES]

handler400, handler404, handler500 = urls.handler400, urls.handler404, urls.handler500
