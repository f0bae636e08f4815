"""The test of the proof: leaks of every known kind, planted one at a time. A proof that does not find each of them proves nothing."""

from attrs import frozen

from trialwright.allocation import allocate
from trialwright.blinding.gate import Gate
from trialwright.capture import planted_answers as answers
from trialwright.capture import planted_record as record
from trialwright.capture.planted_answers import Plant
from trialwright.protocol import BARE, SITE, Audience, Text
from trialwright.record import lock, review
from trialwright.rehearsal import deeds

A = Audience
BLIND = A.EVALUATOR | A.DATA_MANAGER | A.STATISTICIAN
ANALYSTS = A.DATA_MANAGER | A.STATISTICIAN


@frozen(kw_only=True)
class Planted:
    """One leak: its name, what it is in words, how it is planted, who would learn from it, and whether only files tell of it."""

    name: str
    what: Text
    plant: Plant
    roles: Audience = A.EVALUATOR
    in_files: bool = False


def _leak(name: str, en: str, zh: str, plant: Plant, roles: Audience = A.EVALUATOR, *, in_files: bool = False) -> Planted:
    return Planted(name=name, what=Text(en, zh), plant=plant, roles=roles, in_files=in_files)


PLANTED = (
    _leak("no-label", "everybody is shown everything", "所有内容对所有人可见",
          record.replaced((Gate, "_admits", staticmethod(lambda entry, role, releases: True)))),
    _leak("sequence", "entries numbered over all logs", "条目在全部日志中统一编号", record.numbered),
    _leak("chain", "names of entries from one chain over all logs", "条目名称取自全部日志的同一链", record.one_chain),
    _leak("allocation", "an arm is told to all", "分组告知所有人",
          record.replaced((allocate, "told_to", lambda study: BARE), (deeds, "told_to", lambda study: BARE), record.UNHELD)),
    _leak("emergency", "an emergency unblinding is told to all", "紧急揭盲告知所有人", record.replaced((lock, "TREATING", BARE), record.UNHELD)),
    _leak("frozen", "that a dose was closed is told to the blinded", "给药记录冻结告知盲态人员",
          record.replaced((review, "told_by", lambda act, label: (label | SITE) & ~A.EVALUATOR), record.UNHELD), ANALYSTS),
    _leak("order-of-touch", "patients in the order in which they were last seen", "受试者按最近就诊排序", record.viewed(record.touched)),
    _leak("hidden-people", "people in screening are in the evaluator's book", "筛选期人员出现在评估者视图", record.viewed(record.told_of)),
    _leak("time", "times that count what happened elsewhere", "时间随他处事件变化", record.viewed(record.timed)),
    _leak("refusal", "a hidden code is refused in other words", "隐藏代码的拒绝提示不同", record.known),
    _leak("header", "a header counts all entries", "响应头含全部条目数", answers.answered(answers.header), BLIND),
    _leak("etag", "an ETag over the whole trial", "ETag 取自整个试验", answers.answered(answers.etag), BLIND),
    _leak("last-modified", "the time of the last change of anything", "任何变更的最后时间", answers.answered(answers.last_modified), BLIND),
    _leak("cookie", "a cookie that changes with the trial", "Cookie 随试验变化", answers.answered(answers.cookie), BLIND),
    _leak("length", "a page that grows with the trial", "页面长度随试验增长", answers.answered(answers.length), BLIND),
    _leak("forbidden", "forbidden instead of not found", "以禁止代替不存在", answers.answered(answers.forbidden)),
    _leak("error-page", "an error page names what it did not find", "错误页指明未找到的对象", answers.answered(answers.named)),
    _leak("busy", "busy while something hidden is saved", "保存隐藏内容时提示忙", answers.answered(answers.busy), BLIND),
    _leak("menu", "a place in the menu that comes with the first arm", "首次分组后出现菜单项", answers.answered(answers.menu), BLIND),
    _leak("search", "a search that finds hidden answers", "检索可命中隐藏答案", answers.answered(answers.search)),
    _leak("saved-at", "a footer that tells of the last save by anybody", "页脚显示任何人的最近保存", answers.answered(answers.saved_at), BLIND),
    _leak("session", "the session tells a number", "会话接口透露数量", answers.answered(answers.session)),
    _leak("login", "the login page counts patients", "登录页显示受试者数", answers.answered(answers.login)),
    _leak("fragment", "a piece of a page kept without the role", "缓存片段未按角色区分", answers.answered(answers.fragment)),
    _leak("statements", "one more statement for each hidden entry", "隐藏条目增加数据库语句", answers.answered(answers.statements), BLIND),
    _leak("rows", "one more row for each hidden entry", "隐藏条目增加读取行数", answers.answered(answers.rows), BLIND),
    _leak("check", "a check that looks at the doses", "核查读取给药记录", record.checked),
    _leak("score", "a score beside a page that rests on the blood", "页面旁的评分依据血液结果", record.scored),
    _leak("due", "what is due counts from the last dose", "到期日按末次给药计算", record.due),
    _leak("calendar", "visit days that depend on the arm", "访视日期随分组变化", record.calendar),
    _leak("progress", "progress that counts hidden pages", "完成度计入隐藏页面", record.progress),
    _leak("worklist", "a worklist in the order of the last visit to anybody", "任务清单按他处最近处理排序", record.ordered),
    _leak("question", "a question that pipes in a hidden number", "质疑文本引入隐藏数值", record.piped),
    _leak("mail", "a mail with every dose", "每次给药发送邮件", record.mailed),
    _leak("pdf", "a number in the properties of a PDF", "PDF 属性含数量", record.printed, ANALYSTS),
    _leak("column", "a column that exists once somebody filled it", "数据列因他人填写而出现", record.column, A.STATISTICIAN, in_files=True),
)  # fmt: skip
"""Every known kind of leak. To add one: a line here, and how it is planted above."""
