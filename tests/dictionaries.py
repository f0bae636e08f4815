"""Invented dictionaries as files, in the shape in which a hospital receives them; no term or code of a real one."""

from collections.abc import Iterable
from pathlib import Path

SOC, HLGT, HLT = ("99100001", "Invented breathing"), ("99100002", "Invented airways group"), ("99100003", "Invented airways")
OTHER_SOC = ("99100004", "Invented skin")
TERMS = (("99000001", "Cough", "99000001", "Y"), ("99000002", "Dry cough", "99000001", "Y"), ("99000003", "Coughing, nervous", "99000001", "N"),
         ("99000004", "Rash", "99000004", "Y"), ("99000005", "Rash pustular", "99000005", "Y"))  # fmt: skip
"""Lowest level term, its preferred term, and whether it is current."""
PREFERRED = {"99000001": "Cough", "99000004": "Rash", "99000005": "Rash pustular"}


def line(*fields: str, width: int) -> str:
    return "$".join((*fields, *[""] * (width - len(fields)))) + "$"


def meddra(folder: Path, terms: Iterable[tuple[str, str, str, str]] = TERMS, *, release: str = "1.0", soc: str = SOC[1]) -> Path:
    """A folder like MedAscii with these terms; all lie in one class, and a rash also, but not first, in another."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "llt.asc": [line(code, term, pt, *[""] * 6, current, width=11) for code, term, pt, current in terms],
        "pt.asc": [line(code, term, "", SOC[0], width=11) for code, term in PREFERRED.items()],
        "hlt.asc": [line(*HLT, width=9)],
        "hlgt.asc": [line(*HLGT, width=9)],
        "soc.asc": [line(SOC[0], soc, "Inv", width=10), line(*OTHER_SOC, "Inv2", width=10)],
        "mdhier.asc": [line(code, HLT[0], HLGT[0], place, term, HLT[1], HLGT[1], "", "", "", SOC[0], first, width=12)
                       for code, term in PREFERRED.items() for place, first in ((SOC[0], "Y"), (OTHER_SOC[0], "N"))],
        "meddra_release.asc": [line(release, "English", width=5)],
    }  # fmt: skip
    for name, lines in files.items():
        (folder / name).write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    return folder


DRUGS = """drug_code,drug_name,preferred_name,atc_code,atc_text
X001,Invented tablets,INVENTINE,X01,Invented class one
X001,Invented tablets,INVENTINE,X02,Invented class two
X002,"Other, coated",OTHERINE,,
"""
