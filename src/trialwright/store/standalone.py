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
    """Faults of the ledger; then its name, the number of lines of the root log, and their heads."""
    lines: list[Any] = [json.loads(line) for line in text.splitlines()]
    about, faults = lines[0]["about"], []
    if hashlib.sha256("".join(text.splitlines(keepends=True)[:-1]).encode()).hexdigest() != lines[-1]["sha256"]:
        faults.append("record/ledger.jsonl: the sum at its end does not hold")
    heads: dict[str, list[bytes]] = {}
    named: dict[str, int] = {}
    names: dict[tuple[str, str], str] = {}
    erased: dict[tuple[str, str], str] = {}
    gone: list[tuple[str, str, str]] = []
    wishes: dict[tuple[str, str], Any] = {}
    for line in lines[1:-1]:
        log, where = line["log"], f"{line['log']} line {line['seq']}"
        chain, body = heads.setdefault(log, []), line["body"].encode()
        if line["seq"] != len(chain) + 1:
            faults.append(f"{where}: line {len(chain) + 1} is missing")
        name = about["origin"] if log == "ROOT" else about["origin"].partition("#")[0]  # a part of a trial has its own root, and the logs of the trial
        before = chain[-1] if chain else sha(b"\x03", name.encode(), b"\n", log.encode())
        head = sha(b"\x02", before, sha(b"\x00", body))
        if head.hex() != line["head"]:
            faults.append(where + ": its hash does not follow from its content and the line before")
        chain.append(bytes.fromhex(line["head"]))
        if log == "ROOT":
            other, number, told = line["body"].split(" ")
            if named.get(other, 0) + 1 != int(number) or int(number) > len(heads.get(other, [])) or heads[other][int(number) - 1].hex() != told:
                faults.append(where + ": it does not name the next line of its log")
            named[other] = int(number)
            continue
        event, label = json.loads(line["body"]), log.partition("/")[0]
        ref = (label, line["head"][:16])
        if event["kind"] == "RedactionAsked":
            wishes[ref] = event
        elif event["kind"] == "Redacted":
            faults += [where + fault for fault in erasure(event, wishes.get((label, event["event"]["request"])), names.get((label, event["event"]["erases"])))]
            erased[label, event["event"]["erases"]] = where
        names[ref] = event["sealed"]
        if event["sealed"] and "secret" not in line and "salt" not in line:
            gone.append((where, *ref))
        elif event["sealed"] and sha(b"\x01", bytes.fromhex(line.get("salt", "")), (line.get("secret") or "").encode()).hex() != event["sealed"]:
            faults.append(where + ": its values are not those that were committed")
        elif not event["sealed"] and "salt" in line:
            faults.append(where + ": it carries values that it never had")
    faults += [where + ": its values are gone and no redaction says why" for where, log, ref in gone if (log, ref) not in erased]
    left = erased.keys() - {(log, ref) for _, log, ref in gone}
    faults += [erased[one] + ": it erases values that are there" for one in sorted(left) if one in names]
    faults += [log + ": the root log does not know its last lines" for log in heads if log != "ROOT" and named.get(log, 0) != len(heads[log])]
    if about["origin"].rpartition("/")[2] != hashlib.sha256(about["key"].encode()).hexdigest()[:32]:
        faults.append("about: the trial is not named by this key")
    if hashlib.sha256(about["study.json"].encode()).hexdigest() != about["digest"]:
        faults.append("about: the study definition is not the one with which the trial began")
    return faults, about, heads.get("ROOT", [])


def erasure(event: Any, wish: Any, sealed: str | None) -> Iterator[str]:
    """What is wrong with an erasure: that it is of nothing, or of one person."""
    if not sealed:
        yield ": it erases an entry that does not stand before it, or holds no values"
    if not wish or wish["event"]["erases"] != event["event"]["erases"] or wish["by"].casefold() == event["by"].casefold() or wish["role"] == event["role"]:
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
    faults = list(files(folder))
    found, about, root = record((folder / "record" / "ledger.jsonl").read_text(encoding="utf-8"))
    more, signature = checkpoint((folder / "record" / "checkpoint.txt").read_text(encoding="utf-8"), about, root)
    faults += found + more
    print(f"{about['origin']}: {len(root)} entries, signature of the checkpoint: {signature}")
    for fault in faults:
        print("WRONG: " + fault)
    print("Something is wrong." if faults else "The archive is whole and unchanged.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent))
