"""Which page exists for whom: every route, every method, every role, in one table. What is not in it does not exist."""

from attrs import frozen

from trialwright.protocol import Audience
from trialwright.record import KEEPERS
from trialwright.record.exports import EXPORTERS
from trialwright.record.redaction import ASKERS

_A = Audience
NOBODY = _A(0)
EVERYBODY = ~_A.PATIENT
STAFF = EVERYBODY & ~_A.EVALUATOR
CARERS = _A.COORDINATOR | _A.PHYSICIAN | _A.INVESTIGATOR
TREATERS = _A.PHYSICIAN | _A.SAFETY | _A.INVESTIGATOR
FILLERS = CARERS | _A.SAFETY | _A.EVALUATOR
LABORATORY = _A.COORDINATOR | _A.PHYSICIAN | _A.SAFETY
REVIEWERS = _A.MONITOR | _A.DATA_MANAGER
CLOSERS = _A.DATA_MANAGER | _A.INVESTIGATOR
SAFETY_READERS = TREATERS | _A.COORDINATOR | _A.MONITOR
SIGNERS_OFF = REVIEWERS | _A.INVESTIGATOR
OPENERS = CLOSERS | _A.STATISTICIAN
CHECKERS = REVIEWERS | _A.STATISTICIAN | _A.INVESTIGATOR
ARM_READERS = CARERS | _A.SAFETY | _A.MONITOR | _A.CUSTODIAN
CODERS = _A.SAFETY | _A.PHYSICIAN | _A.DATA_MANAGER
READERS = STAFF & ~_A.CUSTODIAN


@frozen(kw_only=True)
class Route:
    """A page: its name, its pattern, the roles that may read it and the roles that may send it. `open`: also without an account."""

    name: str
    pattern: str
    get: Audience = NOBODY
    post: Audience = NOBODY
    open: bool = False

    def admits(self, method: str, role: Audience | None) -> bool:
        """Whether somebody in this role (None: not logged in) may use this method here."""
        if role is None:
            return self.open
        roles = self.get if method in ("GET", "HEAD") else self.post if method == "POST" else NOBODY
        return role in roles


_SUBJECT = "subject/<str:subject>"
_PAGE = f"{_SUBJECT}/visit/<str:visit>/<str:form>"
_ROW = f"{_SUBJECT}/log/<str:form>/<str:row>"

ROUTES: tuple[Route, ...] = (
    Route(name="login", pattern="login", get=EVERYBODY, post=EVERYBODY, open=True),
    Route(name="language", pattern="language", post=EVERYBODY, open=True),
    Route(name="session", pattern="session", get=EVERYBODY, post=EVERYBODY, open=True),
    Route(name="phone", pattern="phone/<str:link>", get=_A.PATIENT, post=_A.PATIENT, open=True),
    Route(name="phone-app", pattern="phone/<str:link>/app.webmanifest", get=_A.PATIENT, open=True),
    Route(name="phone-send", pattern="phone/<str:link>/send", get=_A.PATIENT, post=_A.PATIENT, open=True),
    Route(name="phone-form", pattern="phone/<str:link>/<str:visit>/<str:form>", get=_A.PATIENT, post=_A.PATIENT),
    Route(name="logout", pattern="logout", post=EVERYBODY),
    Route(name="password", pattern="password", get=EVERYBODY, post=EVERYBODY),
    Route(name="people", pattern="people", get=_A.CUSTODIAN | _A.INVESTIGATOR),
    Route(name="person-new", pattern="people/new", get=_A.CUSTODIAN, post=_A.CUSTODIAN),
    Route(name="person", pattern="people/account/<str:account>", get=_A.CUSTODIAN | _A.INVESTIGATOR, post=_A.CUSTODIAN),
    Route(name="home", pattern="", get=EVERYBODY),
    Route(name="screen", pattern="screen", get=CARERS, post=CARERS),
    Route(name="subject", pattern=_SUBJECT, get=STAFF),
    Route(name="screening", pattern=f"{_SUBJECT}/screening", get=STAFF),
    Route(name="consent", pattern=f"{_SUBJECT}/consent", get=CARERS, post=CARERS),
    Route(name="fail", pattern=f"{_SUBJECT}/fail", get=CARERS, post=CARERS),
    Route(name="enroll", pattern=f"{_SUBJECT}/enroll", get=CARERS, post=CARERS),
    Route(name="allocate", pattern=f"{_SUBJECT}/allocate", get=CARERS, post=CARERS),
    Route(name="withdraw", pattern=f"{_SUBJECT}/withdraw", get=CARERS, post=CARERS),
    Route(name="complete", pattern=f"{_SUBJECT}/complete", get=CARERS, post=CARERS),
    Route(name="break", pattern=f"{_SUBJECT}/break", get=TREATERS, post=TREATERS),
    Route(name="link", pattern=f"{_SUBJECT}/phone", get=CARERS | REVIEWERS, post=CARERS),
    Route(name="trail", pattern=f"{_SUBJECT}/trail", get=STAFF),
    Route(name="casebook", pattern=f"{_SUBJECT}/casebook.pdf", get=STAFF),
    Route(name="visit", pattern=f"{_SUBJECT}/visit/<str:visit>", get=STAFF),
    Route(name="form", pattern=_PAGE, get=EVERYBODY, post=FILLERS),
    Route(name="not-done", pattern=f"{_PAGE}/not-done", get=FILLERS, post=FILLERS),
    Route(name="sign", pattern=f"{_PAGE}/sign", get=FILLERS, post=FILLERS),
    Route(name="follows", pattern=f"{_PAGE}/follows", post=FILLERS),
    Route(name="row-follows", pattern=f"{_ROW}/follows", post=FILLERS & STAFF),
    Route(name="attach", pattern=f"{_PAGE}/attach", get=FILLERS & STAFF, post=FILLERS & STAFF),
    Route(name="row-attach", pattern=f"{_ROW}/attach", get=FILLERS & STAFF, post=FILLERS & STAFF),
    Route(name="attachment", pattern=f"{_SUBJECT}/file/<str:attachment>", get=ARM_READERS),
    Route(name="detach", pattern=f"{_SUBJECT}/file/<str:attachment>/withdraw", get=FILLERS & STAFF, post=FILLERS & STAFF),
    Route(name="history", pattern=f"{_PAGE}/history", get=EVERYBODY),
    Route(name="item", pattern=f"{_PAGE}/item/<str:item>", get=STAFF),
    Route(name="row-item", pattern=f"{_ROW}/item/<str:item>", get=STAFF),
    Route(name="ask", pattern=f"{_PAGE}/ask/<str:item>", get=REVIEWERS, post=REVIEWERS),
    Route(name="code", pattern=f"{_PAGE}/code/<str:item>", get=CODERS, post=CODERS),
    Route(name="row-code", pattern=f"{_ROW}/code/<str:item>", get=CODERS, post=CODERS),
    Route(name="log", pattern=f"{_SUBJECT}/log/<str:form>", get=STAFF),
    Route(name="row", pattern=_ROW, get=STAFF, post=FILLERS & STAFF),
    Route(name="row-sign", pattern=f"{_ROW}/sign", get=FILLERS & STAFF, post=FILLERS & STAFF),
    Route(name="row-history", pattern=f"{_ROW}/history", get=STAFF),
    Route(name="row-ask", pattern=f"{_ROW}/ask/<str:item>", get=REVIEWERS, post=REVIEWERS),
    Route(name="learned", pattern="learned", get=_A.EVALUATOR, post=_A.EVALUATOR),
    Route(name="take-over", pattern=f"{_SUBJECT}/take-over", get=_A.EVALUATOR, post=_A.EVALUATOR),
    Route(name="verify", pattern=f"{_PAGE}/verify", get=_A.MONITOR, post=_A.MONITOR),
    Route(name="row-verify", pattern=f"{_ROW}/verify", get=_A.MONITOR, post=_A.MONITOR),
    Route(name="freeze", pattern=f"{_PAGE}/freeze", post=REVIEWERS),
    Route(name="row-freeze", pattern=f"{_ROW}/freeze", post=REVIEWERS),
    Route(name="thaw", pattern=f"{_PAGE}/thaw", get=REVIEWERS, post=REVIEWERS),
    Route(name="row-thaw", pattern=f"{_ROW}/thaw", get=REVIEWERS, post=REVIEWERS),
    Route(name="freeze-all", pattern=f"{_SUBJECT}/freeze", post=_A.DATA_MANAGER),
    Route(name="thaw-all", pattern=f"{_SUBJECT}/thaw", get=_A.DATA_MANAGER, post=_A.DATA_MANAGER),
    Route(name="sign-off", pattern=f"{_SUBJECT}/sign-off", get=SIGNERS_OFF, post=SIGNERS_OFF),
    Route(name="review", pattern="review", get=SIGNERS_OFF),
    Route(name="agree", pattern="lock/agree", get=CLOSERS, post=CLOSERS),
    Route(name="unlock", pattern="unlock", get=CLOSERS, post=CLOSERS),
    Route(name="changes", pattern="changes", get=STAFF),
    Route(name="amendments", pattern="amendments", get=STAFF, post=CLOSERS),
    Route(name="queries", pattern="queries", get=STAFF),
    Route(name="coding", pattern="coding", get=CODERS, post=CODERS),
    Route(name="laboratory", pattern="laboratory", get=LABORATORY, post=LABORATORY),
    Route(name="answer", pattern=f"{_SUBJECT}/query/<str:query>/answer", get=FILLERS, post=FILLERS),
    Route(name="close", pattern=f"{_SUBJECT}/query/<str:query>/close", post=REVIEWERS),
    Route(name="entry", pattern="entry/<str:ref>", get=STAFF),
    Route(name="erase", pattern="entry/<str:ref>/erase", get=ASKERS, post=ASKERS),
    Route(name="erasures", pattern="record/erasures", get=KEEPERS),
    Route(name="erase-now", pattern="record/erasures/<str:ref>", get=KEEPERS, post=KEEPERS),
    Route(name="study", pattern="study", get=READERS),
    Route(name="balance", pattern="balance", get=ARM_READERS),
    Route(name="safety", pattern="safety", get=SAFETY_READERS),
    Route(name="event", pattern=f"{_SUBJECT}/safety/<str:row>", get=SAFETY_READERS),
    Route(name="event-file", pattern=f"{_SUBJECT}/safety/<str:row>/<str:file>", get=SAFETY_READERS),
    Route(name="monitoring", pattern="monitoring", get=CHECKERS),
    Route(name="record", pattern="record", get=KEEPERS),
    Route(name="accept-state", pattern="record/accept", get=KEEPERS, post=KEEPERS),
    Route(name="copy", pattern="copy", get=EXPORTERS, post=EXPORTERS),
    Route(name="copy-made", pattern="copy/<str:job>", get=EXPORTERS),
    Route(name="copy-file", pattern="copy/<str:job>/study.zip", get=EXPORTERS),
    Route(name="seal", pattern="seal", get=_A.CUSTODIAN, post=_A.CUSTODIAN),
    Route(name="lock", pattern="lock", get=CLOSERS, post=CLOSERS),
    Route(name="release", pattern="release", get=OPENERS, post=OPENERS),
)

EVALUATOR_ROUTES: tuple[Route, ...] = tuple(route for route in ROUTES if _A.EVALUATOR in route.get | route.post)
"""What there is where the evaluator works apart. Nothing of it is for a patient."""

BY_NAME: dict[str, Route] = {route.name: route for route in ROUTES}


def verdict(name: str, method: str, role: Audience | None) -> bool:
    """Whether `role` may use `method` on the route `name`; an undeclared route is closed to all."""
    route = BY_NAME.get(name)
    return route is not None and route.admits(method, role)


def routes() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """All routes as (name, pattern, methods), for the crawlers that prove things about them."""
    return tuple((route.name, "/" + route.pattern, tuple(method for method, roles in (("GET", route.get), ("POST", route.post)) if roles))
                 for route in ROUTES)  # fmt: skip
