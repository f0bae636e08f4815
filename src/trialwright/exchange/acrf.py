"""The annotated case report form: each page as the site sees it, with the SDTM variable that every answer becomes."""

from html import escape

from trialwright.protocol import ABSENCE_NAMES, ROLE_NAMES, Audience, Form, Item, Kind, Study, Text, role_names

_TITLE = Text("Annotated case report form", "注释病例报告表")
_LOG = Text("log: one row per entry, outside visits", "日志表单：每条记录一行，不属于访视")
_AT = Text("visits", "访视")
_BY = Text("entered by", "填写人")
_RETIRED = Text("no longer asked", "已不再填写")
_ONLY = Text("answered only by", "仅由其填写：")
_NOT_SUBMITTED = Text("not submitted", "不提交")
_ABSENT = Text("or no value", "或无值")
_SHOWN = Text("asked if", "显示条件")
_OPTIONAL = Text("optional", "选填")
_KINDS = {
    Kind.INTEGER: Text("whole number", "整数"),
    Kind.DECIMAL: Text("number", "数字"),
    Kind.CHOICE: Text("choice", "单选"),
    Kind.DATE: Text("date", "日期"),
    Kind.PARTIAL_DATE: Text("date, parts may be unknown", "日期（可部分未知）"),
    Kind.TEXT: Text("text", "文本"),
}


def acrf_text(study: Study, language: str = "en") -> str:
    """The annotated case report form as plain text."""
    lines = [f"{_TITLE.in_(language)}: {study.code} ({study.version})"]
    for form in study.forms:
        lines += ["", f"== {form.code}: {form.title.in_(language)}", f"   {where(study, form, language)}"]
        lines += [f"   {form.note.in_(language)}"] if form.note else []
        for section in form.sections:
            lines.append(f"  -- {section.title.in_(language)}")
            for item in section.items:
                lines.append(f"     {item.code:<10} {item.label.in_(language)}  [{answer(item, language)}]")
                lines += [f"     {'':<10} {item.hint.in_(language)}"] if item.hint else []
                lines.append(f"     {'':<10} -> {annotation(item, language)}")
    return "\n".join([*lines, ""])


def acrf_html(study: Study, language: str = "en") -> str:
    """The annotated case report form as one self-contained page; annotations stand in a column of their own."""
    body = "\n".join(_form_html(study, form, language) for form in study.forms)
    title = escape(f"{_TITLE.in_(language)}: {study.code} ({study.version})")
    return (
        f'<!DOCTYPE html>\n<html lang="{"zh-CN" if language.startswith("zh") else "en"}">\n<head><meta charset="utf-8">'
        f"<title>{title}</title>\n<style>{_STYLE}</style></head>\n<body>\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n"
    )


_STYLE = (
    "body{font-family:sans-serif;max-width:70em;margin:2em auto}table{border-collapse:collapse;width:100%}"
    "td,th{border:1px solid #999;padding:.3em .5em;text-align:left;vertical-align:top}"
    ".note{color:#b00000;font-family:monospace}.hint{background:#fff3cd}section{break-inside:avoid}"
)


def _form_html(study: Study, form: Form, language: str) -> str:
    rows = []
    for section in form.sections:
        rows.append(f'<tr><th colspan="4">{escape(section.title.in_(language))}</th></tr>')
        for item in section.items:
            mark = ' class="hint"' if item.hints_at_arm else ""
            asked = escape(item.label.in_(language)) + (f"<br/><small>{escape(item.hint.in_(language))}</small>" if item.hint else "")
            told = f"<td>{item.code}</td><td>{asked}</td><td>{escape(answer(item, language))}</td>"
            rows.append(f'<tr{mark}>{told}<td class="note">{escape(annotation(item, language))}</td></tr>')
    note = f"<p>{escape(form.note.in_(language))}</p>" if form.note else ""
    return (
        f'<section id="{form.code}"><h2>{form.code}: {escape(form.title.in_(language))}</h2>'
        f"<p>{escape(where(study, form, language))}</p>{note}<table>{''.join(rows)}</table></section>"
    )


def where(study: Study, form: Form, language: str) -> str:
    """At which visits a form is filled, and by whom."""
    visits = ", ".join(visit.code for visit in study.visits if form.code in visit.forms)
    place = f"{_AT.in_(language)}: {visits}" if visits else _LOG.in_(language)
    writers = ", ".join(ROLE_NAMES[role].in_(language) for role in Audience if role in form.entered_by)
    return f"{place}; {_BY.in_(language)}: {writers}"


def annotation(item: Item, language: str = "en") -> str:
    """The SDTM annotation of an item, or that it is not submitted."""
    return item.sdtm or _NOT_SUBMITTED.in_(language)


def answer(item: Item, language: str = "en") -> str:
    """What may be answered: kind, range with unit, or the answers offered, and the reasons for having none."""
    told = [_KINDS[item.kind].in_(language)]
    if item.low is not None or item.high is not None:
        low, high = ("" if bound is None else str(bound) for bound in (item.low, item.high))
        told.append(f"{low}–{high}")
    if item.unit is not None:
        told.append(item.unit)
    if item.codelist is not None:
        told.append("; ".join(f"{term.code} = {term.label.in_(language)}" for term in item.codelist.terms))
    if not item.required:
        told.append(_OPTIONAL.in_(language))
    if item.retired:
        told.append(_RETIRED.in_(language))
    if item.writers is not None:
        told.append(f"{_ONLY.in_(language)} {role_names(item.writers).in_(language)}")
    if item.shown is not None:
        told.append(f"{_SHOWN.in_(language)} {item.shown.item} = {'/'.join(item.shown.among)}")
    if item.absences:
        told.append(f"{_ABSENT.in_(language)}: " + "/".join(ABSENCE_NAMES[one].in_(language) for one in item.absences))
    return ", ".join(told)
