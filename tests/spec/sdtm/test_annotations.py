"""Annotations of the case report form: a program reads them, so that what is printed on the form is what happens."""

import pytest

from studies.cdisc_pilot.protocol import STUDY as PILOT
from studies.telitacicept_ssc.protocol import STUDY
from trialwright.protocol import Study
from trialwright.sdtm import spec, targets

pytestmark = pytest.mark.spec


@pytest.mark.parametrize("study", [STUDY, PILOT], ids=lambda study: study.code)
def test_every_item_says_where_it_goes_or_that_it_does_not(study: Study) -> None:
    """Every item of both studies carries an annotation that can be read, and names a variable that its domain has."""
    for form in study.forms:
        for item in form.items:
            assert item.sdtm is not None, f"{form.code}.{item.code}"
            for target in targets(item.sdtm):
                names = set(spec(target.domain).names)
                if target.domain.startswith("SUPP"):
                    assert "QNAM" in dict(target.where), f"{form.code}.{item.code}: {item.sdtm}"
                    names |= set(spec(target.domain.removeprefix("SUPP")).names)
                assert target.variable in names, f"{form.code}.{item.code}: {item.sdtm}"
                assert {name for name, _ in target.where} - {"ARM"} <= names, f"{form.code}.{item.code}: {item.sdtm}"


def test_constants_may_hold_the_word_and() -> None:
    """A constant ends where the next NAME = begins, not at the word and."""
    target = targets("MH.MHOCCUR where MHTERM = FACE AND HANDS, front and back and MHPRESP = Y")[0]
    assert target.where == (("MHTERM", "FACE AND HANDS, front and back"), ("MHPRESP", "Y"))


@pytest.mark.parametrize("annotation", ["RE.REORRES if FVC", "FVC", "RE.REORRES where RETESTCD FVC", "DM.SEX;", "re.reorres"])
def test_what_cannot_be_read_is_refused_with_the_mend(annotation: str) -> None:
    with pytest.raises(ValueError, match=r"[Ww]rite"):
        targets(annotation)
