"""Reporting checklists: what readers of a trial expect to find, in our words, and where a report after ICH E3 tells it.

The numbers are from memory and were not checked against the published lists (CONSORT 2025; TREND, Des Jarlais and others 2004): unverified.
"""

from trialwright.protocol import Text
from trialwright.report.tables.checklist import Item


def _items(rows: str) -> tuple[Item, ...]:
    found = []
    for line in rows.strip().splitlines():
        number, en, zh, where = (part.strip() for part in line.split("|"))
        found.append(Item(number, Text(en, zh), where))
    return tuple(found)


CONSORT = _items("""
1a  | identified as randomized in the title                        | 标题注明随机                 | 1
1b  | structured summary                                           | 结构化摘要                   | 2
2   | registration: name, number, date                             | 注册名称、编号、日期         | 1
3   | where protocol and analysis plan can be had                  | 方案与统计计划的获取         | 16.1.1
4   | sharing of data, code and materials                          | 数据、代码与材料共享         |
5a  | funding and role of funders                                  | 资助及资助者角色             |
5b  | conflicts of interest                                        | 利益冲突                     |
6   | background and reasons                                       | 背景与理由                   | 7
7   | objectives on benefits and harms                             | 关于获益与危害的目的         | 8
8   | involvement of patients and the public                       | 患者与公众参与               |
9   | design, allocation ratio, framework                          | 设计、分配比例、框架         | 9.1
10  | changes after the start, with reasons                        | 开始后的变更及原因           | 9.8
11  | settings and places                                          | 研究场所                     | 6
12a | eligibility of patients                                      | 受试者入排标准               | 9.3
12b | eligibility of sites and of who delivers the treatment       | 中心与实施者资格             |
13  | treatment and comparator, to be repeated by others           | 治疗与对照的可重复描述       | 9.4
14  | outcomes, primary and secondary, with times                  | 主要与次要结局及时间点       | 8
15  | how harms were defined and assessed                          | 危害的定义与评估             | 9.5
16a | how the sample size was found                                | 样本量的确定                 | 9.7
16b | interim analyses and stopping rules                          | 期中分析与停止规则           | 11.4.2
17a | who made the sequence and how                                | 随机序列的产生               | 16.1.7
17b | type of randomization and restriction                        | 随机类型与限制               | 16.1.7
18  | concealment of the allocation                                | 分配隐藏                     | 16.1.7
19  | who enrolled and assigned without knowing the sequence       | 入组与分配的实施             | 9.4
20a | who was blind                                                | 设盲对象                     | 9.1
20b | how blinding was achieved                                    | 设盲方法                     | 9.4
21a | statistical methods for each outcome and for harms           | 各结局与危害的统计方法       | 9.7
21b | who is in each analysis                                      | 各分析人群                   | 11.1
21c | how missing data were handled                                | 缺失数据的处理               | 11.4.2
21d | further analyses: subgroups, sensitivity                     | 其他分析：亚组、敏感性       | 9.7
22a | flow of the patients                                         | 受试者流程                   | 14.1
22b | losses and exclusions with reasons                           | 脱落与排除及原因             | 10.1
23a | dates of recruitment and follow-up                           | 招募与随访日期               | 1
23b | why the trial ended                                          | 试验结束原因                 | 1
24a | treatment as it was given                                    | 实际给予的治疗               | 12.1
24b | other treatment during the trial                             | 试验期间的其他治疗           | 14.1
25  | baseline data                                                | 基线资料                     | 14.1
26  | numbers analyzed, results with precision                     | 分析例数、结果及精度         | 14.2
27  | harms                                                        | 危害                         | 12.2
28  | other analyses, planned told from unplanned                  | 其他分析（区分计划与非计划） | 14.2
29  | interpretation, benefits against harms                       | 解释，权衡获益与危害         | 13
30  | limits: bias, imprecision, generalizability                  | 局限：偏倚、不精确、外推性   | 13
""")

TREND = _items("""
1   | how units were allocated, told in the title or summary       | 标题或摘要说明分配方式       | 2
2   | background and theory                                        | 背景与理论                   | 7
3   | patients: eligibility, recruitment, settings                 | 受试者：入排、招募、场所     | 9.3
4   | treatments: content, dose, who, where, how long              | 治疗：内容、剂量、实施、时长 | 9.4
5   | objectives and hypotheses                                    | 目的与假设                   | 8
6   | outcomes, how measured, by which instruments                 | 结局及测量工具               | 9.5
7   | sample size, interim analyses, stopping                      | 样本量、期中分析、停止规则   | 9.7
8   | unit and method of assignment, against selection bias        | 分配单位与方法，防选择偏倚   | 9.4
9   | blinding, and how it was assessed                            | 设盲及其评估                 | 14.4
10  | unit of analysis                                             | 分析单位                     | 9.7
11  | statistical methods, missing data, program                   | 统计方法、缺失数据、程序     | 16.1.9
12  | flow of the patients, departures from the protocol           | 受试者流程与方案偏离         | 10.1
13  | dates of recruitment and follow-up                           | 招募与随访日期               | 1
14  | baseline traits by arm, and of those lost                    | 各组及脱落者基线特征         | 14.1
15  | equivalence of the arms at baseline, and adjustment          | 基线均衡性与校正             | 14.1
16  | numbers analyzed, and by intention to treat or not           | 分析例数及是否意向性分析     | 11.1
17  | results with effect sizes and intervals                      | 结果：效应量与区间           | 14.2
18  | other analyses, planned told from unplanned                  | 其他分析（区分计划与非计划） | 14.2
19  | adverse events                                               | 不良事件                     | 12.2
20  | interpretation with bias and other explanations              | 解释：偏倚与其他解释         | 13
21  | generalizability                                             | 外推性                       | 13
22  | overall evidence in the light of what is known               | 结合现有证据                 | 13
""")
