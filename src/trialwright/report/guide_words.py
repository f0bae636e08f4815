"""The sentences of the metadata (how a value is derived, why it is missing) in Chinese, for the guides; the data sets hold them in English."""

import re
from collections.abc import Iterable, Mapping

from trialwright.protocol import Instrument

SENTENCES: Mapping[str, str] = {
    "Y for the last record with a value and ADY <= 1 of each subject and parameter": "每名受试者每一参数 ADY <= 1 且有值的最后一条记录为 Y",
    "Date part of the date of the source record, if it is complete": "来源记录日期的日期部分（完整时）",
    "ADT - RFSTDTC, plus 1 on or after RFSTDTC; there is no day 0": "ADT - RFSTDTC，当日及之后加 1；无第 0 天",
    "Y for the one record of each subject, parameter and AVISITN that is nearest to AWTARGET, of two as near the earlier; for the baseline visit the record "
    "with ABLFL = Y": "每名受试者、参数与 AVISITN 中距 AWTARGET 最近的一条为 Y，同距取较早者；基线访视取 ABLFL = Y 的记录",
    "Visit whose window (AWLO to AWHI) holds ADY": "窗口（AWLO 至 AWHI）包含 ADY 的访视",
    "Last study day of the window: the middle between this and the next planned visit; null for the last": "窗口末日：与下一计划访视的中点；末次访视为空",
    "First study day of the window: the day after the middle between this and the planned visit before": "窗口首日：与上一计划访视中点的次日",
    "AVAL of the record with ABLFL = Y of the subject and parameter": "该受试者该参数 ABLFL = Y 记录的 AVAL",
    "AVAL - BASE for records with ADY > 1": "ADY > 1 的记录：AVAL - BASE",
    "100 * (AVAL - BASE) / BASE for records with ADY > 1; null when BASE is 0": "ADY > 1 的记录：100 * (AVAL - BASE) / BASE；BASE 为 0 时为空",
    "LOCF for a record that carries the analysis record of the last visit before forward, where the estimand says so":
        "按估计目标要求结转前一访视分析记录者为 LOCF",
    "DM.RFXENDTC as a date; in a control arm DM.RFENDTC": "DM.RFXENDTC 的日期；对照组为 DM.RFENDTC",
    "DM.RFXSTDTC as a date; in a control arm without a dose the reference day": "DM.RFXSTDTC 的日期；无给药的对照组为基准日",
    "1 where CVSTRESC is LOW, 2 INTERMEDIATE, 3 HIGH": "CVSTRESC 为 LOW 记 1，INTERMEDIATE 记 2，HIGH 记 3",
    "100 times DOSETOT divided by the planned dose times the number of records in EC": "100 × DOSETOT ÷（计划剂量 × EC 记录数）",
    "100 times the measured value divided by the median of the reference equation that REMETHOD names, for sex, age and height":
        "100 × 实测值 ÷ REMETHOD 所列参考方程按性别、年龄、身高的中位数",
    "100 times the measured value divided by the median of the reference equation that REMETHOD names, for sex, age and height; the prediction is corrected "
    "for the hemoglobin of the visit": "100 × 实测值 ÷ REMETHOD 所列参考方程按性别、年龄、身高的中位数；预计值按该访视血红蛋白校正",
    "Z-score under the reference equation that REMETHOD names: ((measured / M) ^ L - 1) / (L S)":
        "REMETHOD 所列参考方程下的 Z 值：((实测值 / M) ^ L - 1) / (L S)",
    "Z-score under the reference equation that REMETHOD names: ((measured / M) ^ L - 1) / (L S); the prediction is corrected for the hemoglobin of the visit":
        "REMETHOD 所列参考方程下的 Z 值：((实测值 / M) ^ L - 1) / (L S)；预计值按该访视血红蛋白校正",
    "FEV1 / FVC of the same page": "同一页的 FEV1 / FVC",
    "(MPAP - PAWP) / CARDOUT, in Wood units": "(MPAP - PAWP) / CARDOUT，单位 Wood",
    "Type from MPAP, PAWP and PVR": "由 MPAP、PAWP 与 PVR 分型",
    "LOW, INTERMEDIATE or HIGH from TRVMAX and the categories of further signs": "由 TRVMAX 及其他征象类别得出 LOW、INTERMEDIATE 或 HIGH",
    "Mean of the grades of the measures of the visit, rounded half up": "该访视各指标分级的均值，四舍五入",
    "Points of the signs of the visit, added up": "该访视各征象得分之和",
    "Sum of the grades (0 to 3) of the 17 sites; none when a site is unknown": "17 个部位分级（0–3）之和；任一部位未知则无总分",
    "From the answers of one page": "由同一页的回答计算",
    "From BASE and AVAL of the core measures and the organ events (FA) of the visit": "由该访视核心指标的 BASE、AVAL 与器官事件（FA）计算",
    "What the protocol asks for at this level of immunoglobulins, by the rule that LBMETHOD names": "按 LBMETHOD 所列规则，方案在该免疫球蛋白水平所要求的措施",
    "Number of records in EC with ECOCCUR = N": "EC 中 ECOCCUR = N 的记录数",
    "Number of records in EC with ECOCCUR = Y": "EC 中 ECOCCUR = Y 的记录数",
    "Sum of ECDOSE of the records in EC with ECOCCUR = Y": "EC 中 ECOCCUR = Y 记录的 ECDOSE 之和",
    "Disposition of the study other than COMPLETED": "研究转归非 COMPLETED",
    "First record of ADAE with TRTEMFL = Y and AESER = Y": "ADAE 中首条 TRTEMFL = Y 且 AESER = Y 的记录",
    "First record of ADAE with TRTEMFL = Y": "ADAE 中首条 TRTEMFL = Y 的记录",
    "First record of MRSSTOT in ADRS with CRIT2FL = Y": "ADRS 中 MRSSTOT 首条 CRIT2FL = Y 的记录",
    "ADT - STARTDT + 1; without the event, until the end of the study or the last visit (of the skin: the last score)":
        "ADT - STARTDT + 1；未发生者计至研究结束或末次访视（皮肤：末次评分）",
    "Y when DM.RFSTDTC is known, otherwise N": "DM.RFSTDTC 已知为 Y，否则为 N",
    "Y when ITTFL is Y and EOSSTT is COMPLETED, otherwise N":
        "ITTFL 为 Y 且 EOSSTT 为 COMPLETED 者为 Y，否则为 N",
    "Y when ITTFL is Y and the primary endpoint has a baseline and a later value (CHG), otherwise N": 
        "ITTFL 为 Y 且主要终点有基线及其后数值（CHG）者为 Y，否则为 N",
    "Y when ITTFL is Y and the study is randomized, otherwise N": "ITTFL 为 Y 且为随机研究者为 Y，否则为 N",
    "Y when TRTSDT is known, otherwise N; null while the arms are hidden": "TRTSDT 已知为 Y，否则为 N；未揭盲时为空",
    "Y when enrolled and assigned to an arm, otherwise N": "已入组并分组者为 Y，否则为 N",
    "subject": "受试者", "subject, adverse event": "受试者、不良事件", "subject, drug and dose": "受试者、药物与剂量", "subject, parameter": "受试者、参数",
    "subject, intercurrent event occurrence": "受试者、伴发事件", "subject, parameter, analysis value": "受试者、参数、分析值",
    "Subject level analysis dataset": "受试者水平分析数据集", "Occurrence data structure": "事件型数据结构", "Basic data structure": "基本数据结构",
    "The patient did not come": "受试者未到访", "NOT DONE": "未完成", "NOT ASSESSABLE": "无法评估", "UNKNOWN": "未知", "REFUSED": "拒绝",
    "kept as essential document": "作为必备文件保存", "the date of the catheter says it": "由导管检查日期可知",
    "the narrative goes into the case report, not into the tabulation": "叙述用于个案报告，不列入 SDTM",
    "PLANNED DOSE NOT GIVEN": "未按计划给药", "VISIT OUTSIDE ITS WINDOW": "访视超窗", "VISIT MISSED": "访视缺失",
}  # fmt: skip
"""Sentence for sentence; one that is not here stands in the guide as it stands in the data."""
_RULED = re.compile(r"(?P<how>.+?)\. (?P<name>[^;]+), rule (?P<rule>[^;]+); (?P<source>.+)")
_EXAMINED = re.compile(r"([\d,]+) data sets, ([\d,]+) records")
_COPIED = re.compile(r"(?P<from>\w+\.\w+) where (?P<test>\w+) is (?P<code>\w+)")


def in_chinese(words: str, instruments: Iterable[Instrument] = ()) -> str:
    """A sentence of the metadata in Chinese; names of variables, codes and references stay as they are.

    >>> in_chinese("LB.LBSTRESN where LBTESTCD is ALT"), in_chinese("FEV1 / FVC of the same page"), in_chinese("in other words")
    ('LB.LBSTRESN（LBTESTCD 为 ALT）', '同一页的 FEV1 / FVC', 'in other words')
    """
    if copied := _COPIED.fullmatch(words):
        return f"{copied['from']}（{copied['test']} 为 {copied['code']}）"
    ruled = _RULED.fullmatch(words)
    names = {one.name.en: one.name.zh for one in instruments} if ruled else {}
    if ruled and ruled["name"] in names:
        return f"{in_chinese(ruled['how'])}。{names[ruled['name']]}，规则 {ruled['rule']}；{ruled['source']}"
    if examined := _EXAMINED.fullmatch(words):
        return f"{examined[1]} 个数据集，{examined[2]} 条记录"
    first, colon, rest = words.partition(": ")
    if words not in SENTENCES and colon and rest in SENTENCES:
        return f"{SENTENCES.get(first, first)}：{SENTENCES[rest]}"
    return SENTENCES.get(words, words)
