"""The three ODM files of a package: the trial as it stands and its history in ODM 1.3.2, and the history in ODM 2.0."""

from datetime import datetime
from pathlib import Path

from trialwright.exchange.odm.document import Odm, write
from trialwright.exchange.odm.document2 import Odm2
from trialwright.exchange.odm.layout import Layout
from trialwright.protocol import Audience, Study
from trialwright.record import Casebook


def write_odm(study: Study, book: Casebook, reader: Audience, at: datetime, out: Path) -> list[str]:
    """Writes the files into the folder `out` from the view `book` of `reader`, and gives their names."""
    out.mkdir(parents=True, exist_ok=True)
    forms = {"snapshot-1.3.2.xml": (Odm, False), "history-1.3.2.xml": (Odm, True), "history-2.0.xml": (Odm2, True)}
    layout = Layout(study)
    write({out / name: form(layout=layout, book=book, reader=reader, at=at, history=history) for name, (form, history) in forms.items()})
    return [f"{out.name}/{', '.join(forms)}: {len(book.everything)} entries"]
