"""The command that writes the reports of serious events: a form on paper, the electronic message, and what is lacking."""

import json
from pathlib import Path
from typing import Annotated, TypedDict

import typer

from trialwright.cli.shell import AsJson, AsOf, Failed, TrialFile, address_of, moment, now, trial


class _Told(TypedDict):
    case: str
    due: list[str]
    lacks: list[str]
    faults: tuple[str, ...]


def sae(
    db: TrialFile,
    study: Annotated[Path, typer.Option(help="Folder of the study")],
    out: Annotated[Path, typer.Option(help="Folder for the reports; made when there is none")],
    subject: Annotated[str, typer.Option(help="Only the events of this subject")] = "",
    sender: Annotated[str, typer.Option(help="Identifier of the sender, as agreed with the receiver")] = "",
    receiver: Annotated[str, typer.Option(help="Identifier of the receiver, as agreed")] = "",
    sender_type: Annotated[str, typer.Option(help="Type of the sender, 1 to 7 (E2B C.3.1)")] = "",
    country: Annotated[str, typer.Option(help="Country of the site, two letters (ISO 3166-1)")] = "",
    schema_dir: Annotated[Path | None, typer.Option(help="Your copy of the ICH E2B(R3) schemas, to check the messages")] = None,
    as_of: AsOf = "",
    as_json: AsJson = False,
) -> None:
    """Write the reports of serious events; they tell the treatment. Example: trialwright sae out/trial.db --study studies/telitacicept_ssc --out sae"""
    from trialwright.exchange.e2b.document import faults, report
    from trialwright.exchange.e2b.message import Envelope
    from trialwright.exchange.serious_events import cases
    from trialwright.exchange.study_folder import study_of
    from trialwright.protocol import Audience
    from trialwright.report.cioms import cioms

    if country and not (len(country) == 2 and country.isalpha() and country.isupper()):
        raise Failed(f"“{country}” is no country code. Write two capital letters, for example CN.")
    if sender_type and sender_type not in tuple("1234567"):
        raise Failed(f"“{sender_type}” is no type of sender. Choose 1 to 7 (E2B C.3.1).")
    envelope = Envelope(sender=sender, receiver=receiver, sender_type=sender_type, country=country)
    at = now()
    told: list[_Told] = []
    found = study_of(study, address_of(db))
    with trial(found, db) as kept:
        book = kept.gate.casebook(Audience.SAFETY, moment(as_of))
        if subject and not book.knows(subject):
            raise Failed(f"{db} holds no subject {subject}. Check the code.")
        out.mkdir(parents=True, exist_ok=True)
        for case in cases(found, book):
            if subject in ("", case.subject.id):
                made = report(case, at, envelope)
                wrong = faults(made.xml, schema_dir) if schema_dir else ()
                (out / f"{case.code}-e2b.xml").write_bytes(made.xml)
                (out / f"{case.code}-e2b.csv").write_text(made.table, encoding="utf-8")
                for language in ("en", "zh"):
                    (out / f"{case.code}-cioms-{language}.pdf").write_bytes(cioms(case, at, language))
                due = [one.day.isoformat() for one in case.clocks if not one.met]
                told.append({"case": case.code, "due": due, "lacks": [f"{one.number} {one.what.en}" for one in made.lacks], "faults": wrong})
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        _say(told, out)
    if any(one["faults"] for one in told):
        raise typer.Exit(1)


def _say(told: list[_Told], out: Path) -> None:
    print(f"Serious events: {len(told)}; their reports are in {out}. They tell the treatment: not for anybody who is blind.")
    for one in told:
        due, lacks, wrong = one["due"], one["lacks"], one["faults"]
        print(f"{one['case']}: {'open until ' + ', '.join(due) if due else 'no clock is running'}; {f'lacks {len(lacks)}' if lacks else 'lacks nothing'}")
        for line in (*lacks, *wrong):
            print(f"  - {line}")
