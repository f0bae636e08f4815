"""Who may see what, item by item and role by role: the page that a clinical lead signs before the trial starts."""

from trialwright.protocol import ROLE_NAMES, Audience, Item, Study, Text

_SEES = {True: "x", False: "."}
_LETTERS = {
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
        lines.append(f"  {_LETTERS[role]}  {ROLE_NAMES[role].in_(language)}{note}")
    lines += ["", _LEGEND.in_(language)]
    for form in study.forms:
        writers = ", ".join(ROLE_NAMES[role].in_(language) for role in Audience if role in form.entered_by)
        lines += ["", f"{form.code}  {form.title.in_(language)}  [{_ENTERED.in_(language)}: {writers}]"]
        lines.append("  " + " " * 12 + "   " + " ".join(_LETTERS[role] for role in roles))
        lines += [_line(item, roles, language) for item in form.items]
    return "\n".join([*lines, "", _SIGNED.in_(language), ""])


def _line(item: Item, roles: list[Audience], language: str) -> str:
    hint = "!" if item.hints_at_arm else " "
    marks = "  ".join(_SEES[item.audience.admits(role)] for role in roles)
    only = [_LETTERS[role] for role in roles if item.writers is not None and role in item.writers]
    note = f"  [{_ONLY.in_(language)} {', '.join(only)}]" if only else ""
    return f"  {item.code:<12} {hint} {marks}   {item.label.in_(language)}{note}"
