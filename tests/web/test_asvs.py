"""The list of security requirements is true: what it names exists, what it counts is counted; and the small proofs that it needs."""

import ast
import json
import math
import re
import subprocess
import sys
from collections import Counter
from email.message import Message
from pathlib import Path

import pytest

from tests.web.desk import NEW, OLD, sent
from tests.web.test_policy import address
from tests.web.walk import STAFF, busy_trial, stops
from trialwright.capture.accounts import AccountError, log, make_account
from trialwright.capture.app import _static_headers
from trialwright.capture.factor import _ALPHABET, GROUPS, PAPER
from trialwright.capture.passwords import GUESSED
from trialwright.capture.policy import ROUTES
from trialwright.capture.settings import Place, chosen
from trialwright.capture.testing import PASSWORD, client_for
from trialwright.protocol import Audience
from trialwright.testing import START

pytestmark = pytest.mark.web
ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security" / "asvs.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+)\.(\d+)\.(\d+) \| ([12]) \| (.+?) \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)
HOW_MANY = {1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 11: 14, 12: 9, 13: 13, 14: 9, 15: 13, 16: 16}
"""The requirements of levels 1 and 2 in each chapter of ASVS 5.0.0, but chapters 9, 10 and 17."""
SOURCES = [file for file in (ROOT / "src").rglob("*.py") if file.name != "cdisc_core_gate.py"]
"""All of the program but the examiner of packages, which runs in an environment of its own over files of CDISC."""
SCRIPTS = sorted((ROOT / "src" / "trialwright" / "capture" / "static").glob("*.js"))


def uses(never: set[str]) -> dict[str, set[str]]:
    """Which modules call or bring in one of these names, as written; looked at closely only where the name occurs at all."""
    found: dict[str, set[str]] = {}
    for file in SOURCES:
        text = file.read_text(encoding="utf-8")
        if any(name.rpartition(".")[2] in text for name in never):
            nodes = list(ast.walk(ast.parse(text)))
            told = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
            told |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
            told |= {f"{node.module}.{alias.name}" for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
            told |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
            found |= {file.name: told & never} if told & never else {}
    return found


# ---------------------------------------------------------------------------------------------------------------- the list


def test_every_requirement_has_a_verdict_and_what_it_names_is_there() -> None:
    """Each number once and in order; a verdict of four; every test and file by its name; the counts at the top."""
    numbers = [(int(chapter), int(section), int(number)) for chapter, section, number, *_ in ROWS]
    assert numbers == sorted(set(numbers)) and Counter(chapter for chapter, _, _ in numbers) == HOW_MANY
    counts = Counter(verdict.strip("*") for *_, verdict, _ in ROWS)
    assert dict(re.findall(r"(holds|procedure|not here|does not hold): (\d+)", PAGE)) == {verdict: str(count) for verdict, count in counts.items()}
    tests = set().union(*(re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE) for file in (ROOT / "tests").rglob("test_*.py")))
    named = re.findall(r"`([^`]+)`", PAGE)
    assert [one for one in named if one.startswith("test_") and one not in tests] == []
    assert [one for one in named if re.match(r"(src|tests|docs)/", one) and not (ROOT / one).exists()] == []
    for *number, _, asked, verdict, by in ROWS:
        assert asked and len(by) > 3, number
        assert verdict != "holds" or "`" in by, number


# ------------------------------------------------------------------------------------------------------- what is never done


@pytest.mark.req("SEC-01")
def test_nothing_that_people_send_is_run_as_a_program() -> None:
    never = {"eval", "exec", "compile", "os.system", "os.popen", "pickle", "marshal", "shelve", "yaml", "dill"}
    assert uses(never) == {}
    assert not any("shell=True" in file.read_text(encoding="utf-8") for file in SOURCES)


@pytest.mark.req("SEC-01")
def test_the_program_asks_nothing_of_any_other_machine() -> None:
    """No library that opens a connection: only the proof of the blind, which watches over sockets and mails, and one of its planted leaks."""
    never = {"urllib.request", "http.client", "requests", "httpx", "aiohttp", "smtplib", "ftplib", "imaplib", "socket", "asyncio", "django.core.mail"}
    assert uses(never) == {"certifying.py": {"socket"}, "planted_record.py": {"django.core.mail"}, "prober.py": {"django.core.mail"}}


def test_no_broken_hash_is_called() -> None:
    assert uses({"hashlib.md5", "hashlib.sha1", "hashlib.new"}) == {}


def test_what_the_scripts_may_not_do_they_do_not_do() -> None:
    """No text becomes markup or program, no message from another window is heard, no prototype is touched, nothing is asked elsewhere."""
    never = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|postMessage|__proto__|\.prototype\b|https?://(?!www\.w3\.org/)"
    assert len(SCRIPTS) > 5 and [(file.name, re.findall(never, file.read_text(encoding="utf-8"))) for file in SCRIPTS
                                 if re.search(never, file.read_text(encoding="utf-8"))] == []  # fmt: skip


# ------------------------------------------------------------------------------------------------------------- how it answers

ASKED = """
import json, sys
from pathlib import Path
from tests.web.desk import trial
from trialwright.capture import Place, application
app = application(trial(), Place(accounts=Path(sys.argv[1]), tls=True, hosts=("testserver",)))
for path in ("/login", "/static/capture.css", "/static/capture.js", "/", "/static/", "/static/../settings.py"):
    told = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "testserver", "SERVER_PORT": "443", "wsgi.url_scheme": "https",
               "HTTP_HOST": "testserver", "wsgi.input": sys.stdin.buffer, "wsgi.errors": sys.stderr, "SCRIPT_NAME": ""}
    b"".join(app(environ, lambda status, headers, *_: told.append([status, headers])))
    print(json.dumps([path, *told[0]]))
"""


@pytest.fixture(scope="module")
def behind_tls(tmp_path_factory) -> dict[str, tuple[int, list[tuple[str, str]]]]:
    """What the application answers when people come over TLS, in a process of its own."""
    call = [sys.executable, "-c", ASKED, str(tmp_path_factory.mktemp("tls") / "accounts.db")]
    done = subprocess.run(call, capture_output=True, text=True, check=True, cwd=ROOT)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return {path: (int(status.split()[0]), [tuple(one) for one in headers]) for path, status, headers in told}


@pytest.mark.req("SEC-01")
def test_behind_tls_everything_is_stricter(behind_tls) -> None:
    for path in ("/login", "/static/capture.css", "/static/capture.js", "/"):
        headers = dict(behind_tls[path][1])
        assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", path
        assert headers["X-Content-Type-Options"] == "nosniff" and "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
        assert "base-uri 'none'" in headers["Content-Security-Policy"] and "object-src 'none'" in headers["Content-Security-Policy"], path
    cookie = next(value for name, value in behind_tls["/login"][1] if name == "Set-Cookie").strip()
    assert cookie.startswith("__Host-trialwright=")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    plain = Message()
    _static_headers(plain, "", "/static/capture.css", tls=False)
    assert "Strict-Transport-Security" not in plain and chosen(Place(accounts=Path("a")), "k")["SECURE_HSTS_SECONDS"] == 0


def test_no_folder_is_listed(behind_tls) -> None:
    assert [behind_tls[path][0] for path in ("/static/", "/static/../settings.py")] == [302, 302], "both lead to the login, as every unknown address does"


def test_every_answer_names_its_kind_and_its_letters(client) -> None:
    someone, nobody = client(Audience.DATA_MANAGER), client(None)
    answers = [nobody.get("/login"), someone.get("/"), someone.get("/nothing"), someone.get("/", headers={"host": "elsewhere.example"}),
               client(Audience.COORDINATOR, checked=True).post("/screen", {}), nobody.post("/session", {"name": "x"})]  # fmt: skip
    assert {answer.status_code for answer in answers} >= {200, 400, 403, 404}
    for answer in answers:
        assert re.fullmatch(r"text/(html|plain); charset=utf-8|application/json", answer["Content-Type"]), answer.status_code


def test_no_form_is_taken_without_the_token_of_its_session(gate, clock) -> None:
    """Every route to which somebody may send something, as one of those: without the token, or with another one, it is forged and changes nothing."""
    before, people = len(gate.casebook(Audience.CUSTODIAN).everything), {role: client_for(gate, role, clock, checked=True) for role in STAFF}
    takers = {route: next(role for role in STAFF if route.admits("POST", role)) for route in ROUTES if any(route.admits("POST", role) for role in STAFF)}
    for route, role in takers.items():
        for forged in ({}, {"csrfmiddlewaretoken": "x" * 32}):
            sent = {"v.FVC": "1", "seen.FVC": "1", "reason": "x", **forged}
            assert people[role].post("/" + address(route.pattern), sent).status_code == 403, route.name
    assert len(takers) > 40 and len(gate.casebook(Audience.CUSTODIAN).everything) == before


@pytest.mark.parametrize("role", [Audience.COORDINATOR, Audience.EVALUATOR], ids=lambda role: role.name)
def test_reading_changes_nothing(role: Audience) -> None:
    gate = busy_trial()
    before = len(gate.casebook(Audience.CUSTODIAN).everything)
    reached = {stop.route for stop in stops(client_for(gate, role, lambda: START.replace(month=3)), every_form=False)}
    assert len(reached) >= (4 if role is Audience.EVALUATOR else 8) and len(gate.casebook(Audience.CUSTODIAN).everything) == before


def test_a_field_that_is_sent_twice_counts_once(client, gate) -> None:
    """The last one counts, as everywhere; and one event is written."""
    someone, before = client(Audience.COORDINATOR), len(gate.casebook(Audience.CUSTODIAN).everything)
    twice = {**sent({"FVC": "3.05"}, {"FVC": 1}, reason="read again"), "v.FVC": ["1.00", "3.05"], "seen.FVC": ["0", "1"]}
    assert someone.post(f"/subject/{OLD}/visit/BASELINE/LUNG", twice).status_code == 303
    added = gate.casebook(Audience.CUSTODIAN).everything[before:]
    assert len(added) == 1 and gate.casebook(Audience.COORDINATOR).subject(OLD).page("BASELINE", "LUNG").answers["FVC"] == "3.05"


# ------------------------------------------------------------------------------------------------------------------- accounts


@pytest.mark.req("AUD-05")
def test_a_closed_door_is_noted(client) -> None:
    """Who tries what is not for his role, and who sends a form that is not ours, stands in the log; an address that nobody has does not."""
    evaluator, before = client(Audience.EVALUATOR), len(log())
    assert evaluator.get(f"/subject/{NEW}").status_code == 404 and evaluator.post("/lock").status_code == 404
    assert evaluator.get("/no/such/page").status_code == 404
    assert evaluator.generic("X" * 50, "/safety").status_code == 404
    assert client(Audience.COORDINATOR, checked=True).post("/screen", {"v.SITE": "01"}).status_code == 403
    assert [entry[1:] for entry in log()[before:]] == [
        ("refused: GET subject", "evaluator", "EVALUATOR"), ("refused: POST lock", "evaluator", "EVALUATOR"),
        ("refused: XXXXXXXXXX safety", "evaluator", "EVALUATOR"), ("refused: forged or old form", "coordinator", "COORDINATOR"),
    ]  # fmt: skip


@pytest.mark.req("ACC-07")
@pytest.mark.parametrize("password", [*(f"{word}-{word}-{word}" for word in GUESSED), "Trialwright2026!", "StudyNurse-2026-01", "医院试验研究密码2026年医院"])
def test_words_of_this_place_make_no_password(client, password: str) -> None:
    client(None)
    with pytest.raises(AccountError, match=r"anybody would try|resembles|most common|at least 12"):
        make_account(f"guess{len(log())}", Audience.MONITOR, password, START, demo=True)


def test_codes_on_paper_are_too_many_to_try() -> None:
    assert math.log2(len(_ALPHABET)) * 5 * GROUPS - math.log2(PAPER) >= 112


def test_a_password_counts_to_its_last_sign(client) -> None:
    client(None)
    name, long = f"long{len(log())}", "Every sign of a long sentence counts, and so does its case. " * 2
    make_account(name, Audience.MONITOR, long, START, demo=True)
    for wrong in (long[:-1], long.swapcase(), long.strip(), long + " ", long[:72]):
        assert client(None).post("/login", {"name": name, "password": wrong}).status_code in (422, 429)
    other = f"long{len(log())}"
    make_account(other, Audience.MONITOR, long, START, demo=True)
    assert client(None).post("/login", {"name": other, "password": long}).status_code == 303


def test_signing_in_gives_a_new_session(client) -> None:
    client(None)
    name = f"fresh{len(log())}"
    make_account(name, Audience.MONITOR, PASSWORD, START, demo=True)
    someone = client(None)
    someone.get("/login")
    before = someone.session.session_key
    assert someone.post("/login", {"name": name, "password": PASSWORD}).status_code == 303
    assert someone.session.session_key not in (None, before)
    stale = client(None)
    stale.cookies.load({"trialwright": before or ""})
    assert stale.get("/")["Location"] == "/login"
