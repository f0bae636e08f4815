"""The audit trail as files: every entry to the letter, in columns that a dictionary explains, and nothing that a spreadsheet would run."""

import csv
import io
import json

import pytest

from tests.web.desk import OLD, trial
from trialwright.exchange.trail import columns, dictionary_csv, told, trail_csv, trail_jsonl
from trialwright.protocol import Audience
from trialwright.record import Answer
from trialwright.testing import actor, later

pytestmark = [pytest.mark.spec, pytest.mark.req("AUD-08")]


def test_every_column_means_something_in_both_languages() -> None:
    rows = list(csv.DictReader(io.StringIO(dictionary_csv().decode("utf-8-sig"))))
    assert [row["column"] for row in rows] == list(columns()) and all(row["meaning"] and row["含义"] for row in rows)


def test_each_entry_is_one_line_of_each_file_and_says_all_that_the_entry_says() -> None:
    gate = trial()
    answer = Answer(subject=OLD, form="ADVERSE_EVENTS", row="AAAAAA", entries={"AETERM": "=1+1, \"quoted\"\n咳嗽", "AESTDAT": "2026-01-20"})
    gate.do(actor(Audience.COORDINATOR), answer, later(30))
    entries = gate.casebook(Audience.CUSTODIAN).everything
    lines = [json.loads(line) for line in trail_jsonl(entries).splitlines()]
    rows = list(csv.DictReader(io.StringIO(trail_csv(entries).decode("utf-8-sig"), newline="")))
    assert len(lines) == len(rows) == len(entries) and lines == [told(entry) for entry in entries]
    assert all(set(line) <= set(columns()) for line in lines)
    assert [row["ref"] for row in rows] == [entry.ref for entry in entries]
    term = next(place for place, line in enumerate(lines) if line.get("item") == "AETERM")
    assert lines[term]["value"] == "=1+1, \"quoted\"\n咳嗽" and rows[term]["value"] == "'" + lines[term]["value"]
    assert {name: value for name, value in rows[0].items() if value} == {name: value for name, value in lines[0].items() if value}


def test_the_trail_of_a_blind_reader_is_his_view() -> None:
    gate = trial()
    text = trail_jsonl(gate.casebook(Audience.DATA_MANAGER).everything)
    assert b"Allocated" not in text and b"Allocated" in trail_jsonl(gate.casebook(Audience.CUSTODIAN).everything)
