"""The web application: people fill, sign and review pages here, each behind the gate in the role of his account."""

from trialwright.capture.accounts import make_account, make_demo_accounts
from trialwright.capture.app import application, serve
from trialwright.capture.policy import routes, verdict
from trialwright.capture.settings import Place

__all__ = ["Place", "application", "make_account", "make_demo_accounts", "routes", "serve", "verdict"]
