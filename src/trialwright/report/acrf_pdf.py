"""The annotated case report form on paper: one page or more for each form, a bookmark for each, and beside each question where its answer goes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from importlib.resources import files
from typing import Any

from attrs import frozen

from trialwright.exchange.acrf import annotation, answer, where
from trialwright.protocol import Form, Item, Study, Text
from trialwright.report.render.pdf import pages, pdf
from trialwright.sdtm import spec, targets

WORDS = {
    "title": Text("Annotated case report form", "注释病例报告表"),
    "legend": Text(
        "In frames: the variables of the tabulation (SDTMIG 3.4) that an answer goes to; at the head of each form, the data sets that it feeds. "
        "What stands in gray is not submitted.",
        "方框内为数据进入的 SDTM 变量（SDTMIG 3.4）；每张表单开头列出相应数据集；灰色者不提交。",
    ),
    "item": Text("Item", "条目"),
    "question": Text("Question and answers", "问题与选项"),
    "annotation": Text("Annotation", "注释"),
}


@frozen
class AnnotatedForm:
    """The document, and the page on which each item stands (FORM.ITEM, counted from 1)."""

    content: bytes
    pages: dict[str, int]


def acrf_pdf(study: Study, at: datetime, language: str = "en") -> AnnotatedForm:
    """The annotated form of a study as PDF/A, dated `at`; the same study and date give the same bytes."""
    template = (files("trialwright.report.render") / "acrf.typ").read_text(encoding="utf-8")
    title = WORDS["title"].in_(language)
    facts = _facts(study, language)
    with ThreadPoolExecutor() as pool:  # the typesetter looks for the pages while it makes them
        made = pool.submit(pdf, template, facts, f"{study.code}: {title}", language, at=at)
        return AnnotatedForm(pages=pages(template, facts, language), content=made.result())


def _facts(study: Study, language: str) -> dict[str, Any]:
    return {
        "code": f"{study.code} ({study.version})",
        "title": WORDS["title"].in_(language),
        "legend": WORDS["legend"].in_(language),
        "heads": [WORDS[name].in_(language) for name in ("item", "question", "annotation")],
        "forms": [_form(study, form, language) for form in study.forms],
    }


def _form(study: Study, form: Form, language: str) -> dict[str, Any]:
    domains = dict.fromkeys(target.domain for item in form.items for target in targets(item.sdtm))
    return {
        "code": form.code,
        "title": f"{form.code}: {form.title.in_(language)}",
        "place": where(study, form, language),
        "note": form.note.in_(language) if form.note else "",
        "domains": [f"{domain} ({spec(domain).label})" for domain in domains],
        "sections": [
            {"title": section.title.in_(language), "items": [_item(item, language) for item in section.items]} for section in form.sections
        ],
    }


def _item(item: Item, language: str) -> dict[str, Any]:
    told = annotation(item, language)
    return {
        "code": item.code,
        "label": item.label.in_(language),
        "hint": item.hint.in_(language) if item.hint else "",
        "answer": answer(item, language),
        "submitted": bool(targets(item.sdtm)),
        "annotation": [part.strip() for part in told.split(";")] if targets(item.sdtm) else [told],
    }
