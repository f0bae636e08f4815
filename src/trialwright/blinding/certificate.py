"""The certificate of the blind: what was to be shown, whether it was, in how many worlds, and to which study and program it belongs."""

import hashlib
import json
from typing import Any

from attrs import asdict, evolve, field, frozen

from trialwright.blinding.labels import HOUSE_RULES
from trialwright.protocol import Audience, Study, Text

NAME = "blinding-certificate.json"
LEAST = 300
"""With fewer pairs of worlds for each observer a certificate shows little, and no trial goes live on it."""


@frozen(kw_only=True)
class Obligation:
    """One thing that had to be shown, for one observer or for all; `told` says what was found."""

    code: str
    what: Text
    held: bool
    told: Text


@frozen(kw_only=True)
class Asked:
    """How often a route was asked by an observer, and with which answers (status and number)."""

    observer: str
    route: str
    requests: int
    answers: str


@frozen(kw_only=True)
class Caught:
    """A planted leak and the number of pairs after which it was found; 0 when it was not."""

    name: str
    what: Text
    observer: str
    pairs: int


@frozen(kw_only=True)
class Exempt:
    """What the blinded are told by rule: by the house, or by an exception that the study declares and somebody approved."""

    code: str
    what: Text
    because: Text
    approved: str = ""


@frozen(kw_only=True)
class Bound:
    """To what a certificate belongs: the study, its files, the program, and who may do what. One byte elsewhere, and it is void."""

    study: str
    files: str
    program: str
    roles: str


@frozen(kw_only=True)
class Certificate:
    """The outcome of the proof for one study on one installation."""

    code: str
    version: str
    reading: str
    bound: Bound
    issued: str
    seed: str
    pairs: int
    worlds: dict[str, int]
    seconds: int
    observers: tuple[str, ...]
    obligations: tuple[Obligation, ...]
    routes: tuple[Asked, ...]
    exempt: tuple[Exempt, ...]
    caught: tuple[Caught, ...]
    limits: tuple[Text, ...]
    digest: str = field(default="")

    @property
    def holds(self) -> bool:
        """Whether every obligation was met."""
        return bool(self.obligations) and all(one.held for one in self.obligations)

    def sealed(self) -> "Certificate":
        """The certificate with the digest of its content, by which paper and file are known to belong together."""
        return evolve(self, digest=self._content())

    @property
    def whole(self) -> bool:
        """Whether the content is the one that was sealed."""
        return self.digest == self._content()

    def _content(self) -> str:
        return hashlib.sha256(json.dumps(_plain(evolve(self, digest="")), sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def as_json(self) -> str:
        """The certificate as it is kept, readable by people and programs."""
        return json.dumps({"holds": self.holds, **_plain(self)}, ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def of(cls, written: str) -> "Certificate":
        """The certificate in a file. Raises `ValueError` when there is none in it."""
        try:
            told = json.loads(written)
            del told["holds"]
            return cls(**told | {
                "bound": Bound(**told["bound"]), "observers": tuple(told["observers"]), "limits": tuple(map(_text, told["limits"])),
                "obligations": tuple(Obligation(**one | {"what": _text(one["what"]), "told": _text(one["told"])}) for one in told["obligations"]),
                "routes": tuple(Asked(**one) for one in told["routes"]),
                "exempt": tuple(Exempt(**one | {"what": _text(one["what"]), "because": _text(one["because"])}) for one in told["exempt"]),
                "caught": tuple(Caught(**one | {"what": _text(one["what"])}) for one in told["caught"]),
            })  # fmt: skip
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise ValueError(f"this is no certificate ({problem})") from problem


def _plain(thing: Any) -> dict[str, Any]:
    return asdict(thing)


def _text(told: dict[str, str]) -> Text:
    return Text(told["en"], told["zh"])


def hindrance(certificate: Certificate | None, bound: Bound) -> Text | None:
    """Why nobody may be blinded on this certificate; None when it is current."""
    if certificate is None:
        return Text("there is no certificate", "没有盲法证明")
    if not certificate.whole:
        return Text("the certificate was changed after it was issued", "证明签发后被改动")
    if not certificate.holds:
        failed = ", ".join(one.code for one in certificate.obligations if not one.held)
        return Text(f"the proof failed: {failed}", f"证明未通过：{failed}")
    for name, en, zh in (("study", "another version of the study", "研究方案的另一版本"), ("files", "other files of the study", "研究文件的另一版本"),
                         ("program", "another build of the program", "程序的另一版本"), ("roles", "another table of roles", "另一权限表")):  # fmt: skip
        if getattr(certificate.bound, name) != getattr(bound, name):
            return Text(f"the certificate was issued for {en}", f"证明是为{zh}签发的")
    if certificate.pairs < LEAST:
        return Text(f"it compared {certificate.pairs} pairs of worlds for each observer; {LEAST} are the least",
                    f"每位观察者仅比较了 {certificate.pairs} 对虚拟世界，至少须 {LEAST} 对")  # fmt: skip
    return None


def exemptions(study: Study) -> tuple[Exempt, ...]:
    """What the blinded are told by rule: first by the house, then by the exceptions of the study."""
    house = tuple(Exempt(code=rule.kind.__name__, what=rule.what, because=rule.because) for rule in HOUSE_RULES)
    own = tuple(Exempt(code=one.code, what=Text(f"{one.form}.{one.item} to {one.to.code}", f"{one.form}.{one.item} 告知 {one.to.code}"), because=one.because,
                       approved="; ".join(f"{sign.by} ({sign.role.code}, {sign.on}) {sign.digest}" for sign in one.approved))
                for one in study.declassifications)  # fmt: skip
    return (*house, *own)


def observers(study: Study) -> tuple[Audience, ...]:
    """The roles that the study blinds, and that work in it."""
    return tuple(role for role in Audience if role in study.blinded and role in study.roles)


LIMITS = (
    Text("What people tell each other: a patient who talks, a nurse, a mark on the skin. The evaluator's guess and his reports show it.",
         "人员之间的言语或皮肤痕迹：受试者、护士、注射部位。评估者的猜测与报告会反映。"),
    Text("Words that somebody who is blind himself types into a field that the evaluator may read; names of arms and telling words are not let through.",
         "盲态人员在评估者可见字段中输入的文字；含分组及提示性用语者不予通过。"),
    Text("Time on the clock: statements and rows are counted and equal; how long an answer takes, and a network, are not measured here.",
         "钟表时间：语句与读取行数计数一致；应答时长及网络不在本证明内测量。"),
    Text("Hospital systems beside this one, and the machine itself: whoever can read the trial file reads all. Keep it out of the evaluator's reach.",
         "本系统以外的医院系统及主机本身：可读取试验文件者可见全部内容，请置于评估者无法触及之处。"),
    Text("A wrong label: the mechanism enforces labels, and people choose them. The matrix is signed for that.",
         "标签错误：机制执行标签，标签由人指定；可见性矩阵须签署。"),
    Text("Worlds are drawn at random from everything that can be done; what was never drawn was not compared.", "虚拟世界为随机抽取，未抽到的情形未作比较。"),
)  # fmt: skip
"""What the certificate does not cover."""
