"""Attacks on a record, drawn at random: by somebody who edits rows, who rebuilds every hash, who cuts the end or puts back an older state, who forks."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from random import Random

import orjson
from attrs import define, field

from trialwright.record.ledger import ROOT, beginning, chained, committed, ordered
from trialwright.store.engine import sqlite
from trialwright.store.keeping import Rows
from trialwright.store.schema import SCHEMA, statements

OPENED, ERASING = b'"kind":"StudyOpened"', (b'"kind":"Redacted"', b'"kind":"RedactionAsked"')


@define
class Parts:
    """The rows of a trial, to be changed by hand: lines (log, seq, body, head), secrets (log, seq, salt, value) and facts about it."""

    about: dict[str, str]
    lines: list[list]
    secrets: list[list]

    @classmethod
    def of(cls, rows: Rows) -> "Parts":
        return cls(dict(rows.about), [list(line) for line in rows.lines], [list(secret) for secret in rows.secrets])

    @property
    def rows(self) -> Rows:
        def key(row: list) -> tuple:
            return (row[0], row[1])

        return Rows(about=self.about, lines=[tuple(one) for one in sorted(self.lines, key=key)], secrets=[tuple(one) for one in sorted(self.secrets, key=key)])


@define
class Told:
    """One event as an attacker who knows the program handles it: its log, the line, and its values with their salt."""

    log: str
    body: dict
    salt: bytes = b""
    secret: bytes | None = None
    ref: str = ""


@define
class Forge:
    """A whole history that can be written anew with every hash right."""

    about: dict[str, str]
    told: list[Told] = field(factory=list)

    @classmethod
    def of(cls, rows: Rows) -> "Forge":
        lines = [line for line in rows.in_order() if line.log != ROOT]
        return cls(dict(rows.about), [Told(one.log, orjson.loads(one.body), one.salt, one.secret, one.head.hex()[:16]) for one in lines])

    def write(self) -> Rows:
        """The rows of this history; what names an entry by its hash names it by its new one."""
        heads: dict[str, bytes] = {}
        sizes: dict[str, int] = {}
        names: dict[str, str] = {}
        lines, secrets = [], []
        for one in self.told:
            event = {name: names.get(part, part) if name in ("erases", "request") else part for name, part in one.body["event"].items()}
            body = orjson.dumps(one.body | {"event": event}, option=orjson.OPT_SORT_KEYS)
            for log, content in ((one.log, lambda: body), (ROOT, lambda: ordered(one.log, sizes[one.log], heads[one.log]))):  # noqa: B023  # called at once
                made = content()
                heads[log] = chained(heads.get(log) or beginning(self.about["origin"], log), made)
                sizes[log] = sizes.get(log, 0) + 1
                lines.append((log, sizes[log], made, heads[log]))
            names[one.ref] = heads[one.log].hex()[:16]
            if one.salt:
                secrets.append((one.log, sizes[one.log], one.salt, one.secret))
        return Rows(about=self.about, lines=sorted(lines), secrets=sorted(secrets, key=lambda row: row[:2]))


Edit = Callable[[Parts, Random], None]
Rewrite = Callable[[Forge, Random], None]


def _line(parts: Parts, dice: Random) -> list:
    return dice.choice(parts.lines)


def _flipped(content: bytes, dice: Random) -> bytes:
    place = dice.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << dice.randrange(8)]) + content[place + 1 :]


def _sealed(parts: Parts, dice: Random) -> list:
    return dice.choice([secret for secret in parts.secrets if secret[3]])


def body(parts: Parts, dice: Random) -> None:
    line = _line(parts, dice)
    line[2] = _flipped(line[2], dice)


def head(parts: Parts, dice: Random) -> None:
    line = _line(parts, dice)
    line[3] = _flipped(line[3], dice)


def value(parts: Parts, dice: Random) -> None:
    secret = _sealed(parts, dice)
    secret[3] = _flipped(secret[3], dice)


def another_value(parts: Parts, dice: Random) -> None:
    """Values that somebody wants, as well-formed as the true ones."""
    secret = dice.choice([one for one in parts.secrets if one[3] and b'"value":"' in one[3]])
    told = orjson.loads(secret[3])
    secret[3] = orjson.dumps(told | {"value": str(int(told["value"].split(".")[0] or 0) + dice.randint(1, 9))}, option=orjson.OPT_SORT_KEYS)


def salt(parts: Parts, dice: Random) -> None:
    secret = _sealed(parts, dice)
    secret[2] = _flipped(secret[2], dice)


def wandering_byte(parts: Parts, dice: Random) -> None:
    secret = _sealed(parts, dice)
    count = dice.randint(1, 3)
    secret[2], secret[3] = secret[2] + secret[3][:count], secret[3][count:]


def secret_gone(parts: Parts, dice: Random) -> None:
    parts.secrets.remove(_sealed(parts, dice))


def value_gone(parts: Parts, dice: Random) -> None:
    _sealed(parts, dice)[3] = None


def secrets_swapped(parts: Parts, dice: Random) -> None:
    one, other = dice.sample(parts.secrets, 2)
    one[2:], other[2:] = other[2:], one[2:]


def secret_for_nothing(parts: Parts, dice: Random) -> None:
    parts.secrets.append([f"NOBODY{dice.randint(0, 9)}", dice.randint(1, 9), dice.randbytes(16), b"{}"])


def secret_on_the_root(parts: Parts, dice: Random) -> None:
    line = dice.choice([line for line in parts.lines if line[0] == ROOT])
    parts.secrets.append([*line[:2], dice.randbytes(16), b"{}"])


def secret_that_never_was(parts: Parts, dice: Random) -> None:
    line = dice.choice([line for line in parts.lines if line[0] != ROOT and not orjson.loads(line[2])["sealed"]])
    parts.secrets.append([*line[:2], dice.randbytes(16), b"{}"])


def line_gone(parts: Parts, dice: Random) -> None:
    parts.lines.remove(_line(parts, dice))


def line_again(parts: Parts, dice: Random) -> None:
    """The last line of a log once more, under a hash that follows from it, and its values with their salt."""
    log = dice.choice(sorted({line[0] for line in parts.lines} - {ROOT}))
    last = max((line for line in parts.lines if line[0] == log), key=lambda line: line[1])
    parts.lines.append([log, last[1] + 1, last[2], chained(last[3], last[2])])
    parts.secrets += [[log, last[1] + 1, *secret[2:]] for secret in parts.secrets if secret[:2] == last[:2]]


def root_line_again(parts: Parts, dice: Random) -> None:
    """The root says once more what it said."""
    roots = sorted(line for line in parts.lines if line[0] == ROOT)
    parts.lines.append([ROOT, len(roots) + 1, (said := dice.choice(roots[-9:])[2]), chained(roots[-1][3], said)])


def lines_swapped(parts: Parts, dice: Random) -> None:
    log = dice.choice(sorted({line[0] for line in parts.lines if line[1] > 1}))
    one, other = dice.sample([line for line in parts.lines if line[0] == log], 2)
    one[2:], other[2:] = other[2:], one[2:]


def fact(parts: Parts, dice: Random) -> None:
    name = dice.choice(sorted(parts.about))
    text = parts.about[name]
    place = dice.randrange(len(text))
    parts.about[name] = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]


def fact_gone(parts: Parts, dice: Random) -> None:
    del parts.about[dice.choice(sorted(set(parts.about) - {"origin"}))]


def fact_added(parts: Parts, dice: Random) -> None:
    parts.about[f"note{dice.randint(0, 99)}"] = "all is well"


def number_in_the_place_of_a_name(parts: Parts, dice: Random) -> None:
    _sealed(parts, dice)[2] = dice.randint(0, 9)


def beginning_gone(parts: Parts, dice: Random) -> None:
    """The first lines of a log are dropped, the rest keeps its numbers and is chained anew from the beginning; the root says so too."""
    log = dice.choice(sorted({line[0] for line in parts.lines if line[1] > 2 and line[0] != ROOT}))
    origin, last = parts.about["origin"], b""
    kept = sorted((line for line in parts.lines if line[0] == log and line[1] > 1), key=lambda line: line[1])
    for line in kept:
        last = line[3] = chained(last or beginning(origin, log), line[2])
    roots = [line for line in sorted(parts.lines) if line[0] == ROOT and line[2].split(b" ")[:2] != [log.encode(), b"1"]]
    parts.lines = [line for line in parts.lines if line[0] not in (log, ROOT)] + kept
    parts.secrets = [secret for secret in parts.secrets if secret[:2] != [log, 1]]
    heads, last, count = {line[1]: line[3] for line in kept}, b"", 0
    for number, line in enumerate(roots, 1):
        name = line[2].decode().split(" ")[0]
        count += name == log
        told = ordered(log, count, heads.get(count + 1, b"")) if name == log else line[2]
        last = chained(last or beginning(origin, ROOT), told)
        parts.lines.append([ROOT, number, told, last])


def root_names_another_head(parts: Parts, dice: Random) -> None:
    """A line of the root, with a head that its log never had, and everything in the root chained anew."""
    roots = [line for line in sorted(parts.lines) if line[0] == ROOT]
    lied = dice.choice(roots)
    lied[2] = lied[2][:-64] + dice.randbytes(32).hex().encode()
    last = b""
    for line in roots:
        last = line[3] = chained(last or beginning(parts.about["origin"], ROOT), line[2])


EDITS: dict[str, Edit] = {one.__name__: one for one in (
    body, head, value, another_value, salt, wandering_byte, secret_gone, value_gone, secrets_swapped, secret_for_nothing, secret_on_the_root,
    secret_that_never_was, line_gone, line_again, root_line_again, lines_swapped, fact, fact_gone, fact_added, beginning_gone,
    root_names_another_head)}  # fmt: skip
"""T1: somebody edits rows, at most with some hashes. Found without a checkpoint."""


DAMAGE: dict[str, Edit] = {"number_in_the_place_of_a_name": number_in_the_place_of_a_name}
"""What only a damaged database says: no statement can write it."""


def _some(forge: Forge, dice: Random) -> Told:
    return dice.choice([one for one in forge.told if one.secret])


def better_scores(forge: Forge, dice: Random) -> None:
    """Another answer under a new commitment."""
    one = dice.choice([one for one in forge.told if one.secret and b'"value":"' in one.secret])
    one.secret = orjson.dumps(orjson.loads(one.secret) | {"value": str(dice.randint(1000, 9999))}, option=orjson.OPT_SORT_KEYS)
    one.body["sealed"] = committed(one.salt, one.secret)


def other_salt(forge: Forge, dice: Random) -> None:
    one = _some(forge, dice)
    one.salt = dice.randbytes(16)
    one.body["sealed"] = committed(one.salt, one.secret or b"")


def another_author(forge: Forge, dice: Random) -> None:
    dice.choice([one for one in forge.told if not _erases(one)]).body["by"] = f"nobody{dice.randint(0, 99)}"


def another_time(forge: Forge, dice: Random) -> None:
    dice.choice(forge.told).body["at"] = f"2025-12-{dice.randint(10, 28)}T00:00:00.000000Z"


def event_never_happened(forge: Forge, dice: Random) -> None:
    forge.told.remove(dice.choice([one for one in forge.told if one.secret and not _erases(one)]))


def event_again(forge: Forge, dice: Random) -> None:
    """Something happened twice, the second time before the end: what comes after the end is how people go on."""
    place = dice.choice([place for place, one in enumerate(forge.told[:-1]) if not _erases(one) and (one.salt or not one.body["sealed"])])
    one = forge.told[place]
    forge.told.insert(dice.randint(place + 1, len(forge.told) - 1), Told(one.log, dict(one.body), one.salt, one.secret))


def another_order(forge: Forge, dice: Random) -> None:
    """Two neighbors of different logs change places: each log stays what it was."""
    places = [place for place in range(len(forge.told) - 1) if forge.told[place].log != forge.told[place + 1].log]
    place = dice.choice(places)
    forge.told[place], forge.told[place + 1] = forge.told[place + 1], forge.told[place]


def _erases(one: Told) -> bool:
    return one.body["kind"] in ("Redacted", "RedactionAsked")


REWRITES: Mapping[str, Rewrite] = {one.__name__: one for one in (
    better_scores, other_salt, another_author, another_time, event_never_happened, event_again, another_order)}  # fmt: skip
"""T2: somebody writes the whole history anew, every hash right. Found by a checkpoint that was kept elsewhere, and by nothing else."""


def for_other_readers(forge: Forge, dice: Random) -> None:
    one = dice.choice(forge.told)
    others = [two.body["event"]["label"] for two in forge.told if two.log != one.log]
    one.body["event"] = one.body["event"] | {"label": dice.choice(others)}


def unknown_kind(forge: Forge, dice: Random) -> None:
    dice.choice([one for one in forge.told if one.body["kind"] not in ("StudyOpened", "Redacted", "RedactionAsked")]).body["kind"] = f"Kind{dice.randint(0, 9)}"


def no_event(forge: Forge, dice: Random) -> None:
    """A line without one of the parts that each has."""
    del dice.choice([one for one in forge.told if not one.body["sealed"] and not _erases(one) and one.body["kind"] != "StudyOpened"]).body["sealed"]


def other_study(forge: Forge, dice: Random) -> None:
    """The definition that the file holds, and its digest, are another one's."""
    forge.about["study.json"] = forge.about["study.json"].replace('"planned":', f'"planned{dice.randint(0, 9)}":')
    forge.about["digest"] = hashlib.sha256(forge.about["study.json"].encode()).hexdigest()


def other_definition(forge: Forge, dice: Random) -> None:
    """A proposal whose definition is not the one that its digest names."""
    one = next(one for one in forge.told if one.body["kind"] == "AmendmentProposed")
    one.body["event"] = one.body["event"] | {"definition": one.body["event"]["definition"] + " " * dice.randint(1, 9)}


def never_opened(forge: Forge, dice: Random) -> None:
    forge.told = [one for one in forge.told if one.body["kind"] != "StudyOpened"]


def virtual_people(forge: Forge, dice: Random) -> None:
    forge.about["people"] = "virtual"


def other_key(forge: Forge, dice: Random) -> None:
    forge.about["key"] = base64.b64encode(dice.randbytes(32)).decode()


def only_the_definition(forge: Forge, dice: Random) -> None:
    forge.about["study.json"] += " " * dice.randint(1, 9)


def longer_salt(forge: Forge, dice: Random) -> None:
    """A byte of the value is counted to the salt, and the commitment still follows: only the length of salts forbids it."""
    one = _some(forge, dice)
    one.salt, one.secret = one.salt + (one.secret or b"")[:1], (one.secret or b"")[1:]


def erased_by_one(forge: Forge, dice: Random) -> None:
    """The same person, who writes his name otherwise."""
    done, wish = (next(one for one in forge.told if one.body["kind"] == kind) for kind in ("Redacted", "RedactionAsked"))
    wish.body["by"] = dice.choice((wish.body["by"], wish.body["by"].upper()))
    done.body["by"] = wish.body["by"].swapcase()


def erased_in_one_role(forge: Forge, dice: Random) -> None:
    done = next(one for one in forge.told if one.body["kind"] == "Redacted")
    done.body["role"] = next(one for one in forge.told if one.body["kind"] == "RedactionAsked").body["role"]


def erased_unasked(forge: Forge, dice: Random) -> None:
    """The wish names another entry than the one in which something was erased."""
    wish = next(one for one in forge.told if one.body["kind"] == "RedactionAsked")
    wish.body["event"] = wish.body["event"] | {"erases": f"{dice.getrandbits(64):016x}"}


def erased_nothing(forge: Forge, dice: Random) -> None:
    """An erasure of an entry that holds no values."""
    bare = next(one for one in forge.told if not one.body["sealed"] and one.log == next(two for two in forge.told if _erases(two)).log)
    for one in forge.told:
        if _erases(one):
            one.body["event"] = one.body["event"] | {"erases": bare.ref}
    gone = next(one for one in forge.told if one.body["sealed"] and not one.salt)
    gone.body["sealed"] = ""


def erased_a_phantom(forge: Forge, dice: Random) -> None:
    """Two people erase in an entry that is not there."""
    name = f"{dice.getrandbits(64):016x}"
    for one in forge.told:
        if _erases(one):
            one.body["event"] = one.body["event"] | {"erases": name}
        elif one.body["sealed"] and not one.salt:
            one.body["sealed"] = ""


def erased_and_there(forge: Forge, dice: Random) -> None:
    """What two people erased is back."""
    gone = next(one for one in forge.told if one.body["sealed"] and not one.salt)
    gone.salt, gone.secret = dice.randbytes(16), b'{"reason":"x"}'
    gone.body["sealed"] = committed(gone.salt, gone.secret)


def erased_by_nobody(forge: Forge, dice: Random) -> None:
    forge.told = [one for one in forge.told if not _erases(one)]


LIES: Mapping[str, Rewrite] = {one.__name__: one for one in (
    for_other_readers, unknown_kind, no_event, other_study, other_definition, never_opened, virtual_people, other_key, only_the_definition, longer_salt,
    erased_by_one, erased_in_one_role, erased_unasked, erased_nothing, erased_a_phantom, erased_and_there, erased_by_nobody)}  # fmt: skip
"""T1 by somebody who can rebuild hashes: what no honest program writes. Found without a checkpoint."""


def edited(rows: Rows, dice: Random, name: str = "") -> Rows:
    """T1: rows that somebody edited, or wrote anew so that they contradict themselves."""
    chosen = name or dice.choice([*EDITS, *LIES])
    if chosen in LIES:
        return rewritten(rows, dice, LIES[chosen])
    while True:
        parts = Parts.of(rows)
        (EDITS | DAMAGE)[chosen](parts, dice)
        if parts.rows != rows:
            return parts.rows


def rewritten(rows: Rows, dice: Random, how: Rewrite | None = None) -> Rows:
    """T2: a whole history written anew, with every hash right."""
    while True:
        forge = Forge.of(rows)
        (how or REWRITES[dice.choice(list(REWRITES))])(forge, dice)
        made = forge.write()
        if made != rows:
            return made


def shortened(rows: Rows, dice: Random) -> Rows:
    """T3: the last entries cut off, and nothing left of them."""
    forge = Forge.of(rows)
    del forge.told[-dice.randint(1, len(forge.told) - 2) :]
    return _honest(forge).write()


def put_back(rows: Rows, dice: Random) -> Rows:
    """T4: an older state, in which people went on."""
    forge = Forge.of(rows)
    again = forge.told[-dice.randint(1, len(forge.told) // 2) :]
    del forge.told[-len(again) :]
    _honest(forge)
    others = [_another(dice, again[0]) for _ in range(dice.randint(1, 2 * len(again)))]
    for one in (others[0], *dice.sample(again, dice.randint(0, len(again))), *others[1:]):
        if not _erases(one):
            forge.told.append(one)
    return forge.write()


def _honest(forge: Forge) -> Forge:
    """Without the erasure, if it lies in what was cut off, the values were there: an older state holds them."""
    if not any(one.body["kind"] == "Redacted" for one in forge.told):
        for one in forge.told:
            if one.body["sealed"] and not one.salt:
                one.salt, one.secret = b"s" * 16, b'{"reason":"as it was","value":"1"}'
                one.body["sealed"] = committed(one.salt, one.secret)
    return forge


def _another(dice: Random, like: Told) -> Told:
    salted, secret = dice.randbytes(16), orjson.dumps({"value": str(dice.randint(0, 3))})
    event = {"label": like.log, "subject": "S0", "visit": "BASE", "form": "SCORE", "row": "", "item": "SITE1", "absence": None, "source": ""}
    return Told(like.log, {"at": "2026-03-01T00:00:00.000000Z", "by": "evaluator", "event": event, "kind": "Answered", "page": f"{dice.getrandbits(64):016x}",
                           "role": "EVALUATOR", "sealed": committed(salted, secret)}, salted, secret)  # fmt: skip


def forked(rows: Rows, dice: Random) -> tuple[Rows, Rows]:
    """T5: two copies of one past, in which people went on apart."""
    forge, other = Forge.of(rows), Forge.of(rows)
    last = forge.told[-1]
    for one in (forge, other):
        one.told += [_another(dice, last) for _ in range(dice.randint(1, 8))]
    return forge.write(), other.write()


def unknown_part(lines: list[dict], dice: Random) -> bool:
    """A line says one thing more, and the sum at the end stays what it was."""
    dice.choice(lines)["note"] = "all is well"
    return False


def lying_number(lines: list[dict], dice: Random) -> bool:
    """The lines of a log are counted otherwise from somewhere on."""
    one = dice.choice(lines[1:])
    for line in lines[lines.index(one) :]:
        if line["log"] == one["log"]:
            line["seq"] += 1
    return True


def line_unknown_to_the_root(lines: list[dict], dice: Random) -> bool:
    """The last line of a log once more, under a hash that follows from it, and its values with their salt."""
    last = {line["log"]: line for line in lines[1:] if line["log"] != ROOT}
    again = dict(dice.choice(list(last.values())))
    again |= {"seq": again["seq"] + 1, "head": chained(bytes.fromhex(again["head"]), again["body"].encode()).hex()}
    lines.append(again)
    return True


TEXTS = {one.__name__: one for one in (unknown_part, lying_number, line_unknown_to_the_root)}
"""T1 on the text of an archive, whose sum is renewed (True) or not: what the rows of a database cannot say."""


def retold(text: bytes, dice: Random, name: str) -> bytes:
    """T1 on the text of an archive."""
    *told, last = [orjson.loads(line) for line in text.splitlines()]
    renewed = TEXTS[name](told, dice)
    made = b"".join(orjson.dumps(line, option=orjson.OPT_SORT_KEYS) + b"\n" for line in told)
    return made + orjson.dumps({"sha256": hashlib.sha256(made).hexdigest()} if renewed else last) + b"\n"


GUARDS = [statement for statement in statements(SCHEMA) if statement.startswith("CREATE TRIGGER")]


def unguarded(path: object, dice: Random) -> None:
    """T7: a guard is dropped, weakened, moved, doubled or joined by another one."""
    guard = dice.choice(GUARDS)
    name = guard.split()[2]
    with_another_end = {
        "gone": "",
        "never": guard.replace(" BEGIN ", " WHEN 1 = 0 BEGIN ") if " WHEN" not in guard else guard.replace("WHEN ", "WHEN 1 = 0 AND ", 1),
        "silent": guard.replace("RAISE(ABORT", "RAISE(IGNORE").replace("IGNORE, 'append-only'", "IGNORE").replace("IGNORE, 'sequence'", "IGNORE"),
        "after": guard.replace(" BEFORE ", " AFTER "),
        "renamed": guard.replace(name, f"{name}_{dice.randint(0, 99)}"),
        "elsewhere": "CREATE TABLE other (log TEXT, seq INTEGER); " + guard.replace(" ON " + guard.split(" ON ")[1].split()[0], " ON other"),
    }
    more = dice.choice([
        "CREATE TRIGGER helpful AFTER INSERT ON line BEGIN DELETE FROM secret WHERE log = NEW.log; END;",
        "CREATE VIEW told AS SELECT * FROM line;", "CREATE TABLE notes (text TEXT);", "CREATE INDEX quick ON line (seq);",
    ])  # fmt: skip
    made = dice.choice([*with_another_end.values(), None])
    with_db = sqlite.connect(str(path), isolation_level=None)
    if made is None:
        with_db.execute(more)
    else:
        with_db.execute(f"DROP TRIGGER {name}")
        with_db.executescript(made)
    with_db.close()
