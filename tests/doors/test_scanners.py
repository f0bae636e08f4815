"""Two scanners that burglars use, sent on loopback against the served application as each kind of person: sqlmap and wapiti.

They are no dependency of anything. Where they are not installed these tests say so and are skipped; see docs/security/scanning.md.
"""

import http.client
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from attrs import define, field, frozen

from tests.durability.life import damage
from tests.durability.test_server import served
from tests.postgres import free_port
from trialwright.capture.accounts import DEMO
from trialwright.capture.policy import ROUTES
from trialwright.cli.components import ROOT

pytestmark = [pytest.mark.nightly, pytest.mark.web, pytest.mark.req("ACC-03")]
STUDY = ROOT / "studies" / "telitacicept_ssc"
SECONDS = int(os.environ.get("SCANNER_SECONDS", "45"))
"""For each kind of person wapiti has so long; sqlmap has a fixed number of questions."""
MODULES = "sql,xss,permanentxss,file,exec,crlf,redirect,csp,cookieflags,http_headers,methods,htaccess,backup"
"""All that need no address elsewhere, but for the one about forged forms: it sends its own headers twice, so that every form, true or forged, is refused
alike, and calls that a fault. `test_no_form_is_taken_without_the_token_of_its_session` tries every form instead."""
FIELDS = 6
PATTERNS = [(route.name, re.compile("/" + re.sub(r"<str:\w+>", "([^/]+)", route.pattern.replace(".", r"\."))), route) for route in ROUTES]
ENDS = {"logout", "session", "language"}
"""What ends or turns a session is not sent."""


def tool(name: str) -> str:
    """The program, from the environment or the path; the test is skipped where it is not."""
    found = os.environ.get(name.upper()) or shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed; it lives in an environment of its own (docs/security/scanning.md)")
    return found


@frozen
class Form:
    """What a page would send: where, and with which fields."""

    action: str
    fields: dict[str, str]


@define
class Person:
    """Somebody at a browser, signed in."""

    port: int
    name: str
    cookies: dict[str, str] = field(factory=dict)

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str, str]:
        way = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        way.request(method, quote(path, safe="/?&=%"), urlencode(fields or {}), {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"})
        answer = way.getresponse()
        for header in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = header.split(";")[0].partition("=")
            self.cookies[name] = value
        content = answer.read().decode(errors="replace")
        way.close()
        return answer.status, answer.headers.get("Content-Type", ""), content

    def enter(self, password: str) -> None:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.ask("GET", "/login")[2])[1]
        assert self.ask("POST", "/login", {"csrfmiddlewaretoken": token, "name": self.name, "password": password})[0] in (302, 303)

    def pages(self) -> Iterator[tuple[str, str, str]]:
        """One address of each route that can be reached by links, and its page."""
        waiting, met, known = ["/", "/password"], {"/"}, set()
        while waiting:
            path = waiting.pop(0)
            route = next((name for name, pattern, _ in PATTERNS if pattern.fullmatch(path)), "")
            if not route or route in known | ENDS:
                continue
            status, kind, page = self.ask("GET", path)
            if status != 200:
                continue
            known.add(route)
            yield route, path, page if kind.startswith("text/html") else ""
            links = {unescape(link) for link in re.findall(r'href="(/[^"#?]*)', page) if not link.startswith("/static/")}
            waiting += sorted(links - met)
            met |= links


def forms(path: str, page: str) -> Iterator[Form]:
    """The forms of a page that may be sent."""
    for head, inside in re.findall(r"<form([^>]*)>(.*?)</form>", page, re.DOTALL):
        action = re.search(r'action="([^"]*)"', head)
        where = unescape(action[1]) if action and action[1] else path
        named = re.findall(r'<(?:input|select|textarea|button)[^>]*?name="([^"]+)"(?:[^>]*?value="([^"]*)")?', inside)
        if "post" in head and not any(where.strip("/").startswith(name) for name in ENDS):
            yield Form(where, {unescape(name): unescape(value) or "1" for name, value in named})


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[tuple[int, str, Path]]:
    """A rehearsal, served as people serve it: port, password and the trial file."""
    folder = tmp_path_factory.mktemp("doors")
    command = [os.sys.executable, "-m", "trialwright.cli", "run", str(STUDY), "--out", str(folder), "--once"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    port = free_port()
    with served(STUDY, str(folder / "live.db"), port) as (_, password):
        for _ in range(300):
            try:
                http.client.HTTPConnection("127.0.0.1", port).connect()
                break
            except ConnectionError:
                time.sleep(0.05)
        yield port, password, folder / "live.db"


def targets(person: Person, covered: set[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """What sqlmap is to try as this person and nobody was asked before: name, request, and the fields to try ("" for marked places)."""
    head = f"HTTP/1.1\r\nHost: 127.0.0.1:{person.port}\r\nCookie: {person.cookie}\r\n"
    for route, path, page in person.pages():
        if ("GET", route) not in covered:
            covered.add(("GET", route))
            marked = "/".join(part + "*" if part and "<" in pattern else part for part, pattern in zip(path.split("/"), _pattern(route), strict=True))
            yield f"GET {route}", f"GET {marked}?q=1* {head}\r\n", ""
        for form in forms(path, page):
            aim = next((name for name, pattern, _ in PATTERNS if pattern.fullmatch(form.action)), "")
            tried = [name for name in form.fields if name != "csrfmiddlewaretoken"][:FIELDS]
            if aim and tried and ("POST", aim) not in covered:
                covered.add(("POST", aim))
                kind = f"Content-Type: application/x-www-form-urlencoded\r\n\r\n{urlencode(form.fields)}"
                yield f"POST {aim}", f"POST {form.action} {head}{kind}", ",".join(tried)


def _pattern(route: str) -> list[str]:
    return ("/" + next(one.pattern for one in ROUTES if one.name == route)).split("/")


def test_sqlmap_finds_no_way_into_a_database(site, tmp_path: Path) -> None:
    """Each route by each method, as one of those who may use it: the places of its address, a question behind it, the fields of its forms."""
    program, (port, password, trial) = tool("sqlmap"), site
    covered: set[tuple[str, str]] = set()
    found, asked, begin = [], 0, time.monotonic()
    for name in DEMO:
        person = Person(port, name)
        person.enter(password)
        for what, request, fields in targets(person, covered):
            file = tmp_path / "request.txt"
            file.write_text(request, encoding="utf-8")
            call = [program, "-r", str(file), "--batch", "--flush-session", "--dbms=sqlite", "--technique=BEU", "--level=1",
                    "--risk=1", "--disable-coloring", "--output-dir", str(tmp_path / "out"), "--ignore-code=*", "--threads=2",
                    *(["-p", fields] if fields else [])]  # fmt: skip
            told = subprocess.run(call, capture_output=True, text=True, check=False, timeout=900).stdout
            asked += 1
            if "identified the following injection point" in told:
                found.append((name, what, told[-1500:]))
            else:
                assert "parameters do not appear to be injectable" in told, (name, what, told[-2500:])
            print(name, what, "INJECTABLE" if found and found[-1][:2] == (name, what) else "nothing", flush=True)
    print(f"sqlmap: {asked} requests of {len(covered)} kinds tried as {len(DEMO)} people, {len(found)} injectable, {time.monotonic() - begin:.0f} s")
    assert found == []
    assert damage(trial) == []


@pytest.mark.parametrize("name", DEMO)
def test_wapiti_finds_nothing_grave(site, tmp_path: Path, name: str) -> None:
    """It walks by itself from the home page and tries every form and every address that it meets."""
    program, (port, password, _) = tool("wapiti"), site
    person = Person(port, name)
    person.enter(password)
    report, url = tmp_path / "report.json", f"http://127.0.0.1:{port}/"
    call = [program, "-u", url, "--flush-session", "-m", MODULES, "-H", f"Cookie: {person.cookie}", "-f", "json", "-o", str(report), "--no-bugreport",
            *(word for end in sorted(ENDS | {"password"}) for word in ("-x", f"{url}{end}")), "--max-scan-time", str(SECONDS), "--max-attack-time", "8",
            "--store-session", str(tmp_path), "-d", "6", "--max-links-per-page", "60"]  # fmt: skip
    done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=SECONDS * 4 + 400)
    assert report.is_file(), done.stdout[-2000:] + done.stderr[-2000:]
    told = json.loads(report.read_text(encoding="utf-8"))
    grave = [(kind, one["level"], one["method"], one["path"], one["parameter"], one["info"]) for kind, many in told["vulnerabilities"].items() for one in many]
    print(name, told["infos"].get("crawled_pages_nbr"), "pages;", grave, {kind: len(many) for kind, many in told["anomalies"].items() if many})
    assert person.ask("GET", "/")[0] == 200, "it was signed out on the way and has tried nothing since"
    assert [one for one in grave if one[1] > 1] == []
    assert told["anomalies"].get("Internal Server Error", []) == []
