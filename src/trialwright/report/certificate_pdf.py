"""The certificate of the blind on paper, in English or Chinese, with the digest that ties it to its file."""

from datetime import datetime
from pathlib import Path
from typing import Any

from trialwright.blinding.certificate import Certificate
from trialwright.protocol import ROLE_NAMES, Audience, Text, role_names
from trialwright.report.letters import shortened
from trialwright.report.render.pdf import pdf

TEMPLATE = Path(__file__).parent / "render" / "certificate.typ"
WORDS = {
    "title": Text("Certificate of the blind", "盲法证明"),
    "holds": Text("Every obligation was met.", "全部要求均已满足。"),
    "fails": Text("NOT MET: nobody may be blinded on this certificate.", "未满足：不得据此开展盲法试验。"),
    "lead": Text("Pairs of virtual trials were run through this program that have the same visible history and differ in what an observer may not know: "
                 "arms exchanged, hidden events left out, or other hidden events. After every step, and to every request, the observer must be shown "
                 "the same bytes.",
                 "在本程序中成对运行虚拟试验：可见过程相同，仅观察者无权知晓的内容不同（交换分组、去除隐藏事件或替换隐藏事件）。每一步之后及每次请求，观察者所见必须逐字节相同。"),
    "obligations": Text("What had to be shown", "须证明的内容"), "obligation": Text("Obligation", "要求"), "found": Text("Found", "结果"),
    "belongs": Text("To what this certificate belongs", "本证明的适用对象"), "what": Text("What", "内容"),
    "study": Text("Study definition", "研究定义"), "files": Text("Files of the study", "研究文件"), "program": Text("Installed program", "已安装程序"),
    "roles": Text("Table of roles and routes", "角色与路由权限表"), "worlds": Text("Worlds", "虚拟世界"),
    "how": Text("How the two worlds differ", "两个世界的差异"),
    "worlds-lead": Text("{pairs} pairs for each of {observers}; everything drawn from the seed {seed}; {seconds} seconds.",
                        "{observers}各 {pairs} 对；全部抽取自种子 {seed}；用时 {seconds} 秒。"),
    "pairs": Text("Pairs", "对数"), "arms exchanged": Text("arms exchanged", "交换分组"),
    "hidden deeds left out": Text("hidden events left out", "去除隐藏事件"),
    "other hidden deeds": Text("other hidden events", "替换隐藏事件"), "exempt": Text("What the blinded are told by rule", "按规则告知盲态人员的内容"),
    "exempt-lead": Text("These facts reach the blinded although hidden things lie behind them.", "以下事实虽与隐藏内容有关，仍告知盲态人员。"),
    "because": Text("Because", "理由"), "approved": Text("Approved", "批准"), "house": Text("rule of the program", "系统规则"),
    "caught": Text("The test of the proof", "对证明的检验"),
    "caught-lead": Text("Each of these leaks was planted into the program; the proof had to find it. The number is that of the pairs that it took.",
                        "以下泄漏逐一植入程序，证明须能发现；数字为发现所需对数。"),
    "leak": Text("Planted leak", "植入的泄漏"), "observer": Text("Observer", "观察者"), "missed": Text("NOT FOUND", "未发现"),
    "limits": Text("What this certificate does not cover", "本证明不涵盖的内容"),
    "routes": Text("Routes asked (answers: number)", "请求的路由（应答：次数）"),
    "route": Text("Route", "路由"), "signatures": Text("Signatures", "签名"), "date": Text("date", "日期"), "signature": Text("signature", "签名"),
    "issued-by": Text("Issued by", "签发人"), "read-by": Text("Read and accepted by", "阅读并接受"),
    "routes-lead": Text("Of each answer its number in HTTP: 200 shown, 302 and 303 done or sent on, 400 and 422 not accepted as it was, 403 and 404 not for "
                        "this role, 429 too many; then how often.",
                        "应答以 HTTP 状态码表示：200 已显示，302、303 已完成或转向，400、422 未被接受，403、404 该角色不可用，429 过于频繁；其后为次数。"),
    "followed": Text("links that were followed", "所跟随的链接"),
}  # fmt: skip


def certificate_pdf(certificate: Certificate, title: Text, language: str) -> bytes:
    """The certificate of the study called `title` as PDF/A; the same certificate gives the same bytes."""
    name = f"{WORDS['title'].in_(language)}: {certificate.code}"
    return pdf(TEMPLATE.read_text(encoding="utf-8"), facts(certificate, title, language), name, language, at=datetime.fromisoformat(certificate.issued))


def facts(certificate: Certificate, title: Text, language: str) -> dict[str, Any]:
    """What stands on the paper, part by part."""
    words = {name: text.in_(language) for name, text in WORDS.items()}
    blind = [Audience[code] for code in certificate.observers]
    names = [ROLE_NAMES[role].in_(language) for role in blind]
    told = {"pairs": certificate.pairs, "observers": role_names(_all(blind)).in_(language), "seed": certificate.seed, "seconds": certificate.seconds}
    words["worlds-lead"] = words["worlds-lead"].format(**told)
    asked = {(one.observer, one.route): one.answers for one in certificate.routes}
    return {
        "w": words, "code": certificate.code, "study": f"{certificate.code} {certificate.version} ({certificate.reading}) · {title.in_(language)}",
        "issued": certificate.issued, "digest": certificate.digest, "holds": certificate.holds, "observers": names,
        "obligations": [["✓" if one.held else "×", one.what.in_(language), shortened(one.told.in_(language))] for one in certificate.obligations],
        "bound": [[words[part], getattr(certificate.bound, part)] for part in ("study", "files", "program", "roles")],
        "worlds": [[words[how], str(number)] for how, number in certificate.worlds.items()],
        "exempt": [[one.what.in_(language), one.because.in_(language), one.approved or words["house"]] for one in certificate.exempt],
        "caught": [[one.what.in_(language), ROLE_NAMES[Audience[one.observer]].in_(language), str(one.pairs or words["missed"])] for one in certificate.caught],
        "limits": [one.in_(language) for one in certificate.limits],
        "routes": [[words["followed"] if route == "followed" else route, *(asked.get((code, route), "—") for code in certificate.observers)]
                   for route in sorted({one.route for one in certificate.routes})],
    }  # fmt: skip


def _all(roles: list[Audience]) -> Audience:
    together = Audience(0)
    for role in roles:
        together |= role
    return together
