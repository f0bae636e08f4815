"""The composite response in diffuse systemic sclerosis: the probability of improvement (ACR-CRISS) and the revised CRISS."""

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from trialwright.protocol import Audience, Instrument, Item, Kind, Score, Status, Text, yes_no

Floats = NDArray[np.float64]

INSTRUMENT = Instrument(
    code="ACR_CRISS",
    name=Text("ACR-CRISS 2016, probability of improvement", "ACR-CRISS 2016 复合反应指数（改善概率）"),
    version="acr_criss/2016/5-core-measures",
    licence="Published formula; free to use.",
    references=(
        "Khanna D et al. Arthritis Care Res 2016;68:167, doi 10.1002/acr.22804, table 4 (PMC4818571): both steps, size of each weight",
        "Khanna D et al. 2016 (PMC4826472)",
        "the minus signs were lost in the copy read and are from memory (improvement must raise p); globals on 0 to 10: from memory",
        "cut 0.60: validation in a multinational registry, n = 212",
    ),
    verified=False,
    higher_is_worse=False,
    minimal_important_difference="p of 0.60 or more = improved; derived over 12 months, an extrapolation at 24 weeks",
)

REVISED = Instrument(
    code="REVISED_CRISS",
    name=Text("revised CRISS, responder", "修订版 CRISS（应答者）"),
    version="revised_criss/2021/3-of-5/fvc-5-percent",
    licence="Published definition; free to use.",
    references=(
        "Khanna D et al. Ann Rheum Dis 2021;80:641, doi 10.1136/annrheumdis-2020-219100 (PMC10750249)",
        "that an organ event of step 1 makes a non-responder in the revised form too: from memory, not verified",
        "a measure that is 0 at baseline cannot improve and counts as not improved: our rule, none is published",
    ),
    verified=False,
    higher_is_worse=False,
    minimal_important_difference="the response at 20, 25, 30 or 50 % is itself the definition of improvement",
)

FORMULA = (
    "step 1: any organ event gives 0; step 2: p = e^LP / (1 + e^LP), LP = -5.54 - 0.81 dMRSS + 0.21 dFVC% - 0.40 dPtGA "
    "- 0.44 dMDGA - 3.41 dHAQ-DI. Revised: at least 3 of 5 improved by X % of baseline (FVC% by 5 %) and no organ event"
)
MISSING_RULE = (
    "A missing core measure gives no probability (an organ event gives 0 all the same). Revised: a response is given as "
    "soon as the missing measures cannot change it, else none. An organ event that is unknown leaves p open."
)

MEASURES = ("MRSS", "FVC", "PTGA", "MDGA", "HAQ_DI")
INTERCEPT = -5.54
WEIGHTS = (-0.81, 0.21, -0.40, -0.44, -3.41)
RANGES = {"MRSS": (0.0, 51.0), "FVC": (1.0, 250.0), "PTGA": (0.0, 10.0), "MDGA": (0.0, 10.0), "HAQ_DI": (0.0, 3.0)}
"""FVC in percent predicted; both globals on 0 to 10 (a line of 100 mm is divided by 10 first, or it is refused)."""
IMPROVED = 0.60
LEVELS = (20, 25, 30, 50)
FVC_LEVEL = 5
EVENTS = ("RENAL_CRISIS", "LUNG_DECLINE", "LV_FAILURE", "PAH")
"""Step 1: new since baseline and due to systemic sclerosis."""
_EXACT = 1e-9


def items(audience: Audience) -> tuple[Item, ...]:
    """The two global assessments (0 to 10) and the four organ events; the other three measures have forms of their own.

    The physician's global is blinded only when somebody who does not know the arm gives it.
    """
    globals_ = (
        ("PTGA", Text("patient's global assessment of the disease", "患者对疾病总体评估")),
        ("MDGA", Text("physician's global assessment of the disease", "医生对疾病总体评估")),
    )
    events = (
        ("RENAL_CRISIS", Text("new scleroderma renal crisis", "新发硬皮病肾危象")),
        ("LUNG_DECLINE", Text("decline of FVC as defined in step 1", "符合第一步定义的 FVC 下降")),
        ("LV_FAILURE", Text("new left ventricular failure that needs treatment", "新发需治疗的左心衰竭")),
        ("PAH", Text("new pulmonary arterial hypertension that needs treatment", "新发需治疗的肺动脉高压")),
    )
    return tuple(
        Item(
            code=code, label=label, kind=Kind.DECIMAL, audience=audience, low=Decimal(0), high=Decimal(10), decimals=1
        )
        for code, label in globals_
    ) + tuple(
        Item(code=code, label=label, kind=Kind.CHOICE, audience=audience, codelist=yes_no()) for code, label in events
    )


def organ_event(events: Mapping[str, bool | None]) -> bool | None:
    """Step 1: True when any of `EVENTS` happened, False when none did, None when that is not known.

    >>> organ_event({"RENAL_CRISIS": False, "LUNG_DECLINE": None, "LV_FAILURE": False, "PAH": True})
    True
    """
    for name in events:
        if name not in EVENTS:
            raise ValueError(f"{name} is not an event of step 1 ({', '.join(EVENTS)})")
    if any(events.get(name) is True for name in EVENTS):
        return True
    return None if any(events.get(name) is None for name in EVENTS) else False


def lung_decline(baseline: Floats, later: Floats, confirmation: Floats, ild: Floats) -> Floats:
    """Step 1, lung: FVC% fell by 15 % of its baseline or more, a second test within a month confirms it, the later
    value is below 80 % predicted, and CT shows interstitial lung disease (`ild` 1, 0 or NaN). Arrays (n,): 1, 0, NaN.

    >>> lung_decline(np.array([80.0]), np.array([68.0]), np.array([67.0]), np.array([1.0]))
    array([1.])
    """
    floor = baseline * 0.85 + _EXACT
    unknown = np.isnan(np.stack([later - baseline, confirmation - baseline, ild]))
    holds = np.stack([later <= floor, confirmation <= floor, ild == 1])
    refuted = (~holds & ~unknown).any(axis=0) | (later >= 80)
    result: Floats = np.where(refuted, 0.0, np.where(unknown.any(axis=0), np.nan, 1.0))
    return result


def pulmonary_hypertension(mpap: Floats, pawp: Floats, pvr: Floats) -> Floats:
    """Step 1, PAH by the older limits the index was made with: mPAP >= 25 mmHg, PAWP <= 15 mmHg, PVR > 3 Wood units.

    Arrays (n,) from right heart catheterization give 1, 0 or NaN; that it needs treatment is for a person to say.

    >>> pulmonary_hypertension(np.array([24.0, 30.0]), np.array([10.0, 12.0]), np.array([3.1, 4.5]))
    array([0., 1.])
    """
    values = np.stack([mpap, pawp, pvr])
    holds = np.stack([mpap >= 25, pawp <= 15, pvr > 3])
    refuted = (~holds & ~np.isnan(values)).any(axis=0)
    result: Floats = np.where(refuted, 0.0, np.where(np.isnan(values).any(axis=0), np.nan, 1.0))
    return result


def probability(changes: Floats, event: Floats) -> Floats:
    """ACR-CRISS of many patients: changes (n, 5) in the order of `MEASURES` (later minus baseline) and the organ event
    (n,; 1, 0, NaN) give probabilities (n,): 0 after an event, NaN where a measure or the event is unknown.

    >>> probability(np.array([[-7.0, 1.5, -1.0, -1.5, -0.25]]), np.array([0.0])).round(6)
    array([0.913529])
    """
    if changes.ndim != 2 or changes.shape[1] != len(MEASURES) or event.shape != (len(changes),):
        raise ValueError(f"changes must have the shape (n, {len(MEASURES)}) and events (n,)")
    predictor = INTERCEPT + np.einsum("ij,j->i", changes, np.array(WEIGHTS))
    result: Floats = np.where(event == 1, 0.0, np.where(np.isnan(event), np.nan, 1 / (1 + np.exp(-predictor))))
    return result


def score(baseline: Mapping[str, float | None], later: Mapping[str, float | None], event: bool | None) -> Score:
    """ACR-CRISS from the five measures at baseline and later, and step 1 (see `organ_event`).

    Raises `ValueError` for a measure outside its range: a global assessment of 37 has not been divided by 10.

    >>> start = {"MRSS": 25, "FVC": 78, "PTGA": 6, "MDGA": 6, "HAQ_DI": 1.25}
    >>> score(start, start, False).value.quantize(Decimal("0.000001"))
    Decimal('0.003911')
    """
    before, after = _measures(baseline), _measures(later)
    value = float(probability(after - before, _truth(event))[0])
    reasons = () if event else _missing(before, after, event)
    parts = {"version": INSTRUMENT.version, "improved": "" if np.isnan(value) else "YES" if value >= IMPROVED else "NO"}
    if np.isnan(value):
        return Score(value=None, status=Status.INCOMPLETE, reasons=reasons, parts=parts)
    return Score(value=Decimal(repr(value)), status=Status.SCORED, reasons=("organ event",) if event else (), parts=parts)


def improvements(baseline: Floats, later: Floats) -> Floats:
    """Percent improvement of each measure, positive = better: two arrays (n, 5) give one; 0 where baseline is 0.

    >>> improvements(np.array([[25.0, 78, 6, 6, 1.25]]), np.array([[18.0, 80, 5, 4, 0.875]])).round(2)
    array([[28.  ,  2.56, 16.67, 33.33, 30.  ]])
    """
    if baseline.ndim != 2 or baseline.shape[1] != len(MEASURES) or later.shape != baseline.shape:
        raise ValueError(f"both must have the shape (n, {len(MEASURES)}), not {baseline.shape} and {later.shape}")
    better = np.where(np.array(WEIGHTS) > 0, later - baseline, baseline - later)
    zero = (baseline == 0) & ~np.isnan(later)
    result: Floats = np.where(zero, 0.0, 100 * better / np.where(baseline == 0, 1.0, baseline))
    return result


def responders(baseline: Floats, later: Floats, event: Floats, level: int) -> Floats:
    """Revised CRISS at `level` percent: arrays (n, 5), (n, 5) and (n,) give 1, 0 or NaN (open) for each patient.

    >>> before, after = np.array([[25.0, 78, 6, 6, 1.25]]), np.array([[18.0, 80, 5, 4, 0.875]])
    >>> [int(responders(before, after, np.zeros(1), level)[0]) for level in LEVELS]
    [1, 1, 0, 0]
    """
    if level not in LEVELS:
        raise ValueError(f"the revised CRISS is defined at {', '.join(map(str, LEVELS))} percent, not at {level}")
    gained = improvements(baseline, later)
    limits = np.array([FVC_LEVEL if weight > 0 else level for weight in WEIGHTS], dtype=float)
    sure = (gained >= limits - _EXACT).sum(axis=1)
    possible = sure + np.isnan(gained).sum(axis=1)
    open_ = np.isnan(event) | (sure < 3)
    result: Floats = np.where((event == 1) | (possible < 3), 0.0, np.where(open_, np.nan, 1.0))
    return result


def revised(
    baseline: Mapping[str, float | None], later: Mapping[str, float | None], event: bool | None, level: int
) -> Score:
    """Whether one patient responded (1) or not (0) by the revised CRISS, with each improvement in percent as `parts`.

    >>> start = {"MRSS": 20, "FVC": 70, "PTGA": 5, "MDGA": 5, "HAQ_DI": 0}
    >>> end = {"MRSS": 15, "FVC": 74, "PTGA": 4, "MDGA": 4, "HAQ_DI": 0}
    >>> revised(start, end, False, 20).value, revised(start, end, False, 25).value
    (Decimal('1'), Decimal('0'))
    """
    before, after = _measures(baseline), _measures(later)
    value = float(responders(before, after, _truth(event), level)[0])
    gained = improvements(before, after)[0]
    parts = {"version": REVISED.version, "level": f"{level} %"} | {
        name: "" if np.isnan(gain) else f"{gain:.2f} %" for name, gain in zip(MEASURES, gained, strict=True)
    }
    reasons = ("organ event",) if event else _missing(before, after, event)
    if np.isnan(value):
        return Score(value=None, status=Status.INCOMPLETE, reasons=reasons, parts=parts)
    return Score(value=Decimal(int(value)), status=Status.SCORED, reasons=reasons, parts=parts)


def _truth(event: bool | None) -> Floats:
    return np.array([np.nan if event is None else float(event)])


def _measures(given: Mapping[str, float | None]) -> Floats:
    for name in given:
        if name not in MEASURES:
            raise ValueError(f"{name} is not a core measure of CRISS ({', '.join(MEASURES)})")
    return np.array([[_within(name, given.get(name)) for name in MEASURES]])


def _within(name: str, value: float | None) -> float:
    low, high = RANGES[name]
    if value is not None and not low <= value <= high:
        raise ValueError(f"{name} is {value}, which is outside {low:g} to {high:g}; a 100 mm line is divided by 10 first")
    return float("nan") if value is None else float(value)


def _missing(before: Floats, after: Floats, event: bool | None) -> tuple[str, ...]:
    gone = tuple(
        f"{name} missing at {when}"
        for when, row in (("baseline", before[0]), ("follow-up", after[0]))
        for name, value in zip(MEASURES, row, strict=True)
        if np.isnan(value)
    )
    return gone + (("organ events unknown",) if event is None else ())
