"""What nobody should type, on every field of every form: it is refused in words or kept to the letter, it never breaks a page, and it is never markup."""

import csv
import html
import io
import re
import unicodedata
from datetime import timedelta

import pytest

from studies.telitacicept_ssc.protocol import STUDY
from tests.serious import EVENT, ROW
from tests.serious import trial as serious_trial
from tests.web.desk import OLD, sent, trial
from trialwright.capture.testing import client_for
from trialwright.protocol import Audience, Kind
from trialwright.testing import START

pytestmark = [pytest.mark.web, pytest.mark.req("DAT-02")]
MARKUP = "<script>alert(1)</script>"
BAD = (
    MARKUP, "\"><img src=x onerror=alert(1)>", "{{ 7*7 }}{% raw %}${7*7}", "'; DROP TABLE ledger; --", "../../etc/passwd", "%s%n%00", "\x00",
    "a\x00b", "a\x07\x1b[31mb", "\u202eevil\u202c", "\u200f12", "\ufeff1", "\ud7ff\U0010ffff", "👩🏽\u200d⚕️", "１２．５", "＜script＞", "=1+1", "+1+1",
    "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "1e309", "9" * 400, "-0", "-0.0", "NaN", "Infinity", "0x10", "1_000", "1,000.5", "٣", "½",
    "2026-02-30", "0000-00-00", "9999-12-31", "2026-13", "02/03/2026", "2026-2-3T00:00", " ", "\r\n", "x" * 10_000, "字" * 10_000,
    "e\u0301", "null", "undefined", "not done", "\\", "%",
)  # fmt: skip
"""Control characters, marks that turn the direction, 10 000 characters, injections for four languages, other digits, days that do not exist."""
COORDINATOR = Audience.COORDINATOR


def fields() -> list[tuple[str, str, str, str]]:
    """Every field that somebody fills: visit, form, row, item; each form at its first visit."""
    places = {code: visit.code for visit in reversed(STUDY.visits) for code in visit.forms}
    logs = set(STUDY.logs)
    return [(places.get(form.code, ""), form.code, "new" if form.code in logs else "", item.code)
            for form in STUDY.forms for item in form.items if form.code in logs or form.code in places]  # fmt: skip


def raw_markup(page: str) -> list[str]:
    """Marks of the corpus that stand in a page as marks, not as text."""
    return re.findall(r"<script>alert|<img src=x|onerror=alert\(1\)>", page)


def kept(entered: str, there: str) -> bool:
    """Whether what was kept is what was entered, but for blanks at its ends, the ways to end a line, and accents put together."""
    return there.splitlines() == unicodedata.normalize("NFC", entered.strip()).splitlines()


def test_every_item_reads_it_or_says_why_not_in_both_languages() -> None:
    """Every value on every item: a value in its one written form, or a reason; a text is the text that was entered."""
    for item in (item for form in STUDY.forms for item in form.items):
        for value in BAD:
            try:
                written = item.canonical(value)
            except ValueError as wrong:
                because = wrong.because  # type: ignore[attr-defined]  # Unreadable; any other ValueError has none and fails here
                assert because.en and because.zh and len(because.en) < 1000, (item.code, value[:20])
            else:
                assert item.canonical(written) == written, (item.code, value[:20])
                if item.kind is Kind.TEXT:
                    assert kept(value, written), (item.code, value[:20])


def many_wrong(step: int, rounds: range) -> None:
    """Sends pages with a different wrong value in every field; the values go round, so that in all rounds each field meets each."""
    assert step
    gate = trial()
    for role, forms in roles_and_forms().items():
        someone = client_for(gate, role, lambda: START + timedelta(days=30))
        for path, codes in forms.items():
            for turn in rounds:
                answer = someone.post(path, sent({code: BAD[(place * step + turn) % len(BAD)] for place, code in enumerate(codes)}, reason=BAD[turn]))
                page = answer.content.decode()
                assert answer.status_code in (303, 422), (path, turn)
                assert raw_markup(page) == [], (path, turn)
                assert answer.status_code == 303 or 'id="problem"' in page, (path, turn)


def roles_and_forms() -> dict[Audience, dict[str, list[str]]]:
    """The address of each page and the fields on it, by who fills it."""
    found: dict[Audience, dict[str, list[str]]] = {}
    for visit, form, row, item in fields():
        role = Audience.EVALUATOR if STUDY.form(form).entered_by is Audience.EVALUATOR else COORDINATOR
        path = f"/subject/{OLD}/visit/{visit}/{form}" if visit else "/learned" if role is Audience.EVALUATOR else f"/subject/{OLD}/log/{form}/{row}"
        found.setdefault(role, {}).setdefault(path, []).append(item)
    return found


def test_a_page_full_of_it_is_refused_in_words_and_shown_as_text() -> None:
    many_wrong(7, range(0, len(BAD), 12))


@pytest.mark.nightly
def test_every_field_on_screen_meets_every_value() -> None:
    many_wrong(1, range(len(BAD)))


def test_a_text_is_kept_to_the_letter_or_refused_and_never_becomes_markup() -> None:
    """Each value as the only wrong thing on a page, in a free text: saved as it is and shown escaped, or refused with a reason."""
    gate = trial()
    someone = client_for(gate, COORDINATOR, lambda: START + timedelta(days=30))
    log = f"/subject/{OLD}/log/ADVERSE_EVENTS"
    stored = 0
    for value in BAD:
        answer = someone.post(f"{log}/new", sent({"AETERM": value, "AESTDAT": "2026-01-20", "AETOXGR": "1"}))
        page = answer.content.decode()
        assert answer.status_code in (303, 422) and raw_markup(page) == [], value[:20]
        rows = gate.casebook(Audience.CUSTODIAN).subject(OLD).rows("ADVERSE_EVENTS")
        if answer.status_code == 422 or not value.strip():
            assert 'id="problem"' in page or answer.status_code == 303, value[:20]
            stored = len(rows)
            continue
        assert len(rows) == stored + 1, value[:20]
        stored = len(rows)
        assert any(kept(value, row.answers.get("AETERM", "")) for row in rows), value[:20]
    shown = someone.get(log).content.decode() + someone.get(f"/subject/{OLD}/trail").content.decode()
    assert stored > 10 and raw_markup(shown) == [] and html.escape(MARKUP) in shown


@pytest.mark.parametrize("path", ["/queries", "/changes", "/password", "/subject/{}", "/subject/{}/trail", "/entry/{}", f"/subject/{OLD}/visit/{{}}/LUNG",
                                  f"/subject/{OLD}/log/{{}}", f"/subject/{OLD}/log/ADVERSE_EVENTS/{{}}"])  # fmt: skip
def test_addresses_and_questions_made_of_it_lead_nowhere(path: str) -> None:
    """In the address itself and behind the question mark."""
    from urllib.parse import quote

    someone = client_for(trial(), Audience.MONITOR, lambda: START + timedelta(days=30))
    for value in BAD:
        odd = quote(value[:200].encode("utf-8", "replace"), safe="")
        for address in (path.format(odd), f"{path.format(OLD)}?since={odd}&about={odd}&state={odd}"):
            answer = someone.get(address)
            assert answer.status_code < 500 and raw_markup(answer.content.decode()) == [], address[:80]


@pytest.mark.parametrize("start", "=+-@\t")
def test_what_a_spreadsheet_would_run_leaves_as_text(start: str) -> None:
    """The case report as a table is opened in spreadsheets: no cell of it begins a formula, and the words are still there."""
    gate = serious_trial({**EVENT, "AENARR": f"{start}HYPERLINK(\"http://example.org\")"})
    someone = client_for(gate, Audience.SAFETY, lambda: START + timedelta(days=30))
    answer = someone.get(f"/subject/{OLD}/safety/{ROW}/e2b.csv")
    cells = [cell for line in csv.reader(io.StringIO(answer.content.decode())) for cell in line]
    assert any("HYPERLINK" in cell for cell in cells)
    assert [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell and not re.fullmatch(r"[+-]?[\d.]+", cell)] == []
