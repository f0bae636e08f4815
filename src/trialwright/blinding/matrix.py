"""Who may see what, item by item and role by role: the page that a clinical lead signs before the trial starts."""

from trialwright.protocol import ROLE_NAMES, Audience, Item, Study, Text

_SEES = {True: "x", False: "."}
LETTERS = {
    Audience.COORDINATOR: "CO",
    Audience.EVALUATOR: "EV",
    Audience.PHYSICIAN: "PH",
    Audience.SAFETY: "SA",
    Audience.MONITOR: "MO",
    Audience.DATA_MANAGER: "DM",
    Audience.STATISTICIAN: "ST",
    Audience.INVESTIGATOR: "PI",
    Audience.PATIENT: "PT",
    Audience.CUSTODIAN: "CU",
}

_TITLE = Text("Who may read what", "谁可查看哪些内容")
_BLINDED = Text("blinded until the data are locked", "数据锁定前保持盲态")
_LEGEND = Text(
    "x may read, . may not, ! the item hints at the arm. A role may read an item only if it is marked.",
    "x 可查看，. 不可查看，! 该项目可能透露分组。未标记即不可查看。",
)
_EXCEPTIONS = Text("Exceptions of this study: what hints at the arm and is told to the blinded all the same",
                   "本研究的例外：虽可能透露分组仍告知盲态人员的内容")  # fmt: skip
_NONE = Text("none", "无")
_APPROVED = Text("approved by", "批准人")
_ENTERED = Text("entered by", "填写人")
_ONLY = Text("written only by", "仅由其填写：")
_SIGNED = Text(
    "Read and agreed (name, role, date, signature): ______________________________",
    "已阅并同意（姓名、职务、日期、签名）：______________________________",
)


def matrix(study: Study, language: str = "en") -> str:
    """The matrix of items and roles as plain text, one line per item, forms in the order of the study."""
    roles = [role for role in Audience if role in study.roles]
    lines = [f"{_TITLE.in_(language)}: {study.code} ({study.version}), {study.digest[:12]}", ""]
    for role in roles:
        note = f" ({_BLINDED.in_(language)})" if role in study.blinded else ""
        lines.append(f"  {LETTERS[role]}  {ROLE_NAMES[role].in_(language)}{note}")
    lines += ["", _LEGEND.in_(language)]
    for form in study.forms:
        writers = ", ".join(ROLE_NAMES[role].in_(language) for role in Audience if role in form.entered_by)
        lines += ["", f"{form.code}  {form.title.in_(language)}  [{_ENTERED.in_(language)}: {writers}]"]
        lines.append("  " + " " * 12 + "   " + " ".join(LETTERS[role] for role in roles))
        lines += [_line(item, roles, language) for item in form.items]
    if study.declassifications:
        lines += ["", *exceptions(study, language)]
    return "\n".join([*lines, "", _SIGNED.in_(language), ""])


def exceptions(study: Study, language: str = "en") -> list[str]:
    """The exceptions that the study declares, each with its reason, who approved it, and the digest that was approved."""
    lines = [_EXCEPTIONS.in_(language)]
    for one in study.declassifications:
        names = ", ".join(f"{sign.by} ({ROLE_NAMES[sign.role].in_(language)}, {sign.on})" for sign in one.approved)
        to = ", ".join(ROLE_NAMES[role].in_(language) for role in one.to)
        lines.append(f"  {one.code}  {one.form}.{one.item} -> {to}: {one.because.in_(language)}")
        lines.append(f"    {_APPROVED.in_(language)}: {names or '—'}  [{one.digest[:16]}]")
    return lines if study.declassifications else [*lines, f"  {_NONE.in_(language)}"]


def _line(item: Item, roles: list[Audience], language: str) -> str:
    hint = "!" if item.hints_at_arm else " "
    marks = "  ".join(_SEES[item.audience.admits(role)] for role in roles)
    only = [LETTERS[role] for role in roles if item.writers is not None and role in item.writers]
    note = f"  [{_ONLY.in_(language)} {', '.join(only)}]" if only else ""
    return f"  {item.code:<12} {hint} {marks}   {item.label.in_(language)}{note}"
