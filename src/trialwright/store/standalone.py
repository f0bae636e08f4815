"""Verifies the archive of a trial with nothing but Python 3.8 or later: run `python3 verify.py` in its folder. No part of Trialwright is needed.

It holds every file against MANIFEST.txt, every line of record/ledger.jsonl against the hash chain, the order of all logs, the salted commitments
of the values, every erasure against the two people who made it, and the checkpoint against the last line.
The signature of the checkpoint is checked by the program openssl, where there is one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PREFIX = bytes.fromhex("302a300506032b6570032100")
"""What stands before 32 bytes of an Ed25519 key to make it a public key file (RFC 8410)."""


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def files(folder: Path) -> Iterator[str]:
    """Files that are not those of the manifest, are gone, or were added."""
    listed = {}
    for line in (folder / "MANIFEST.txt").read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    for name, digest in listed.items():
        path = folder / name
        if not path.is_file():
            yield name + ": it is gone"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield name + ": it was changed"
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    for name in sorted(there - set(listed) - {"MANIFEST.txt"}):
        yield name + ": it is not in the manifest"


def record(text: str) -> tuple[list[str], dict[str, str], list[bytes]]:
    """Faults of the ledger; then the facts about it, and the heads of its root log."""
    lines: list[Any] = [json.loads(line) for line in text.split("\n")[:-1]]
    about, faults = lines[0]["about"], list(facts(lines[0]["about"]))
    if hashlib.sha256(text[: text[:-1].rfind("\n") + 1].encode()).hexdigest() != lines[-1]["sha256"]:
        faults.append("record/ledger.jsonl: the sum at its end does not hold")
    heads: dict[str, list[bytes]] = {}
    named: dict[str, int] = {}
    for line in lines[1:-1]:
        log, where = line["log"], f"{line['log']} line {line['seq']}"
        chain = heads.setdefault(log, [])
        if line["seq"] != len(chain) + 1:
            faults.append(f"{where}: line {len(chain) + 1} is missing")
        name = about["origin"] if log == "ROOT" else about["origin"].partition("#")[0]  # a part of a trial has its own root, and the logs of the trial
        before = chain[-1] if chain else sha(b"\x03", name.encode(), b"\n", log.encode())
        if sha(b"\x02", before, sha(b"\x00", line["body"].encode())).hex() != line["head"]:
            faults.append(where + ": its hash does not follow from its content and the line before")
        chain.append(bytes.fromhex(line["head"]))
        if log == "ROOT":
            other, number, told = line["body"].split(" ")
            if named.get(other, 0) + 1 != int(number) or int(number) > len(heads.get(other, [])) or heads[other][int(number) - 1].hex() != told:
                faults.append(where + ": it does not name the next line of its log")
            named[other] = int(number)
    faults += [log + ": the root log does not know its last lines" for log in heads if log != "ROOT" and named.get(log, 0) != len(heads[log])]
    told_lines = [(line, json.loads(line["body"]) if line["log"] != "ROOT" else {}) for line in lines[1:-1]]
    return [*faults, *events(told_lines, about), *values(told_lines)], about, heads.get("ROOT", [])


def facts(about: dict[str, str]) -> Iterator[str]:
    """What is wrong with what is said about the trial: its name holds the study, whether people are real, and the key."""
    for name in sorted({"origin", "study", "digest", "key", "study.json", "people"} ^ set(about)):
        yield "about " + name + ": it is missing, or does not belong here"
    begins = "/".join(("trialwright", about.get("study", ""), about.get("people", ""), ""))
    ends = "/" + hashlib.sha256(about.get("key", "").encode()).hexdigest()[:32]
    if not (about["origin"].startswith(begins) and about["origin"].endswith(ends)):
        yield "about: the trial is not named by this study, these people and this key"
    if hashlib.sha256(about.get("study.json", "").encode()).hexdigest() != about.get("digest"):
        yield "about: the study definition is not the one with which the trial began"


def events(lines: list[tuple[Any, Any]], about: dict[str, str]) -> Iterator[str]:
    """Events for other readers than their log, under another study, or with another definition than they say."""
    opened = False
    for line, told in lines:
        if line["log"] == "ROOT":
            continue
        where, event = f"{line['log']} line {line['seq']}", told["event"]
        opened |= told["kind"] == "StudyOpened"
        if event["label"] != line["log"].partition("/")[0]:
            yield where + ": it is for other readers than the log in which it stands"
        if told["kind"] == "StudyOpened" and event["digest"] != about.get("digest"):
            yield where + ": the trial was opened under another study definition"
        if told["kind"] == "AmendmentProposed" and hashlib.sha256(event["definition"].encode()).hexdigest() != event["digest"]:
            yield where + ": the proposed definition is not the one that its digest names"
    if lines and not opened:
        yield "no line says under which study definition the trial was opened"


def values(lines: list[tuple[Any, Any]]) -> Iterator[str]:
    """Values that are not those that were committed, or gone without the two people who erase."""
    names: dict[tuple[str, str], str] = {}
    erased: dict[tuple[str, str], str] = {}
    gone: dict[tuple[str, str], str] = {}
    wishes: dict[tuple[str, str], Any] = {}
    for line, told in lines:
        label = line["log"].partition("/")[0]
        where, ref, sealed = f"{line['log']} line {line['seq']}", (label, line["head"][:16]), told.get("sealed")
        if told.get("kind") == "RedactionAsked":
            wishes[ref] = told
        elif told.get("kind") == "Redacted":
            of = (label, told["event"]["erases"])
            yield from (where + fault for fault in erasure(told, wishes.get((label, told["event"]["request"])), names.get(of)))
            erased[of] = where
        names[ref] = sealed
        if "salt" not in line and "secret" not in line:
            if sealed:
                gone[ref] = where
        elif not sealed:
            yield where + ": it carries values that it never had"
        elif len(line["salt"]) != 32 or sha(b"\x01", bytes.fromhex(line["salt"]), (line["secret"] or "").encode()).hex() != sealed:
            yield where + ": its values are not those that were committed"
    for ref in sorted(gone.keys() - erased.keys()):
        yield gone[ref] + ": its values are gone and no redaction says why"
    for ref in sorted(erased.keys() & names.keys() - gone.keys()):
        yield erased[ref] + ": it erases values that are there"


def erasure(told: Any, wish: Any, sealed: str | None) -> Iterator[str]:
    """What is wrong with an erasure: that it is of nothing, or of one person."""
    if not sealed:
        yield ": it erases an entry that does not stand before it, or holds no values"
    if not wish or wish["event"]["erases"] != told["event"]["erases"] or wish["by"].casefold() == told["by"].casefold() or wish["role"] == told["role"]:
        yield ": it erases, and no second person in another role asked for it"


def checkpoint(text: str, about: dict[str, str], root: list[bytes]) -> tuple[list[str], str]:
    """Faults of the checkpoint, and what is said of its signature."""
    note, _, tail = text.partition("\n\n")
    origin, size, head = note.split("\n")
    signature = base64.b64decode(tail.split()[2])[4:]
    faults = []
    if origin != about["origin"]:
        faults.append("checkpoint: it belongs to another trial")
    if len(root) < int(size):
        faults.append(f"checkpoint: it saw {size} lines, the record has {len(root)}: the tail was cut off")
    elif int(size) and base64.b64decode(head) != root[int(size) - 1]:
        faults.append(f"checkpoint: line {size} is not the one that was signed")
    program = shutil.which("openssl")
    if program is None:
        return faults, "not checked: there is no program openssl on this machine"
    with tempfile.TemporaryDirectory() as place:
        key = Path(place, "key.der")
        key.write_bytes(PREFIX + base64.b64decode(about["key"]))
        Path(place, "note").write_bytes((note + "\n").encode())
        Path(place, "signature").write_bytes(signature)
        command = [program, "pkeyutl", "-verify", "-pubin", "-inkey", str(key), "-keyform", "DER", "-rawin",
                   "-in", str(Path(place, "note")), "-sigfile", str(Path(place, "signature"))]  # fmt: skip
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        faults.append("checkpoint: its signature does not hold, or this openssl cannot check Ed25519 (version 3 can)")
    return faults, "does not hold" if done.returncode else "holds"


def main(folder: Path) -> int:
    faults: list[str] = []
    said = "the record cannot be read"
    try:
        faults += files(folder)
        found, about, root = record((folder / "record" / "ledger.jsonl").read_text(encoding="utf-8"))
        more, signature = checkpoint((folder / "record" / "checkpoint.txt").read_text(encoding="utf-8"), about, root)
        faults += found + more
        said = f"{about['origin']}: {len(root)} entries, signature of the checkpoint: {signature}\n"
        said += "sum of MANIFEST.txt, to be held against the one noted elsewhere: " + hashlib.sha256((folder / "MANIFEST.txt").read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as problem:
        faults.append(f"the archive cannot be read as it was written ({type(problem).__name__}: {problem})")
    print(said)
    for fault in faults:
        print("WRONG: " + fault)
    print("Something is wrong." if faults else "The archive is whole and unchanged.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent))
