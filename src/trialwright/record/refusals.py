"""Why a person may not do something now: one exception, one catalogue of reasons, in both languages."""

from attrs import frozen

from trialwright.protocol import Text, Wrong

REASONS: dict[str, Text] = {
    "not-found": Text(
        "There is nothing here under this name. Go back to your list and choose again.",
        "此处没有该名称的记录，请返回列表重新选择。",
    ),
    "not-yours": Text(
        "Your role does not do this. Ask the person whose task it is: {who}.",
        "您的角色不能执行此操作，请联系负责人员：{who}。",
    ),
    "wrong-entries": Text(
        "Nothing was saved. Entries that need your attention: {count}. Each says below what to do.",
        "未保存：有 {count} 项需要处理，请按下方提示修改。",
    ),
    "stale": Text(
        "Nothing was saved: someone else changed this page while you were working. Compare both values below, then save again.",
        "未保存：您填写期间，其他人已修改本页。请比较两个值后再保存。",
    ),
    "reason-needed": Text(
        "Nothing was saved: you changed saved answers. Say why, then save again.",
        "未保存：您修改了已保存的答案，请说明修改原因后再保存。",
    ),
    "locked": Text(
        "The data are locked. Nothing can be changed any more.",
        "数据已锁定，不能再修改。",
    ),
    "assessed-elsewhere": Text(
        "Assessments are entered in the evaluator's own application, on its own store. Nothing is saved here; open that one.",
        "评估在评估者的独立系统及独立库中录入，此处不能保存，请使用该系统。",
    ),
    "late-locked": Text(
        "{who} wrote this about {subject} on {written}, and the data were locked on {when} before it arrived. It is kept where it was written, with all that "
        "came after it. Unlock the data (two people, with a reason), bridge again, and lock anew.",
        "{who} 于 {written} 记录了 {subject} 的内容，送达前数据已于 {when} 锁定。该记录及其后的记录仍保留在原处。请由两人说明理由解锁，重新交换后再锁定。",
    ),
    "late-frozen": Text(
        "{who} wrote on the page {page} on {written}, and {closer} had frozen it on {when} before that arrived. It is kept where it was written, with all that "
        "came after it. Open the page again (with a reason), bridge again, and freeze it anew.",
        "{who} 于 {written} 填写了页面 {page}，送达前 {closer} 已于 {when} 冻结该页。该记录及其后的记录仍保留在原处。请说明理由解冻该页，重新交换后再冻结。",
    ),
    "late-ahead": Text(
        "{who} wrote on {when} by the clock of the evaluator's machine, which goes ahead of this one. Set the clocks right and bridge again; nothing is lost.",
        "评估者电脑的时钟快于本机：{who} 的记录时间为 {when}。请校准时钟后重新交换，记录不会丢失。",
    ),
    "evaluators-only": Text(
        "This store is the evaluator's alone. Nothing was saved; do it on the trial itself.",
        "此库仅供评估者使用，未保存。请在试验库中操作。",
    ),
    "frozen": Text(
        "{who} froze this on {when}. Nothing was saved. Ask for it to be opened again, and say why.",
        "{who} 已于 {when} 冻结此内容，未保存。如需修改，请说明理由并申请解冻。",
    ),
    "not-frozen": Text(
        "This is not frozen. Nothing was changed.",
        "此内容未被冻结，未作更改。",
    ),
    "other-evaluator": Text(
        "{who} assesses this patient. One evaluator stays with one patient; if you must take over, say why first.",
        "该受试者由 {who} 评估。同一受试者应由同一评估者评估；如确需接替，请先说明原因。",
    ),
    "nothing-there": Text(
        "There are no answers on this page yet. Nothing was changed.",
        "本页尚无答案，未作更改。",
    ),
    "no-consent": Text(
        "{subject} has no recorded consent. Record the consent first.",
        "{subject} 尚无知情同意记录，请先记录知情同意。",
    ),
    "not-enrolled": Text(
        "{subject} is not enrolled. Enroll the subject first.",
        "{subject} 尚未入组，请先办理入组。",
    ),
    "already": Text(
        "This was already done on {when}. Nothing was changed.",
        "该操作已于 {when} 完成，未作更改。",
    ),
    "ended": Text(
        "The follow-up of {subject} ended on {when}. Later pages cannot be filled.",
        "{subject} 的随访已于 {when} 结束，之后的表单不能填写。",
    ),
    "not-planned": Text(
        "Form {form} is not planned at visit {visit}. Choose a visit that has it.",
        "访视 {visit} 未安排表单 {form}，请选择相应访视。",
    ),
    "not-eligible": Text(
        "{subject} cannot be enrolled: {because}.",
        "{subject} 不能入组：{because}。",
    ),
    "too-early": Text(
        "The date {when} comes before {what}. Check both dates.",
        "日期 {when} 早于{what}，请核对两个日期。",
    ),
    "in-future": Text(
        "The date {when} lies in the future. Enter the day on which it happened.",
        "日期 {when} 在未来，请填写实际发生日期。",
    ),
    "only-the-blind": Text(
        "What the blinded evaluator can read may only be written by someone who is blind. Ask the data manager to do this.",
        "盲态评估者可见的内容只能由盲态人员填写，请由数据管理员操作。",
    ),
    "incomplete": Text(
        "This page cannot be signed yet: {what} are missing. Fill them, or say why they are absent.",
        "本页尚不能签名：缺少{what}，请填写或说明缺失原因。",
    ),
    "not-author": Text(
        "The patient gave these answers on his phone, so nobody else can sign them as his own. Sign that you reviewed them.",
        "以上由受试者在手机上填写，他人不能作为本人填写签名，请选择“已审核”。",
    ),
    "not-open-yet": Text(
        "This is to be answered from {when} on. Nothing was saved.",
        "该问卷自 {when} 起填写，未保存。",
    ),
    "already-entered": Text(
        "This was entered on {when}. Nothing was saved, and nothing that is there was changed.",
        "该内容已于 {when} 录入。未保存，已有内容未作任何更改。",
    ),
    "check-failed": Text(
        "This page cannot be signed: {count} answers contradict each other. Correct them first.",
        "本页不能签名：有 {count} 处相互矛盾，请先更正。",
    ),
    "open-queries": Text(
        "The study cannot be locked: {count} queries are open. Close them first.",
        "研究尚不能锁定：有 {count} 个未关闭的质疑，请先关闭。",
    ),
    "unsigned": Text(
        "The study cannot be locked: {count} pages are not signed, or were changed after their signature. First: {first}.",
        "研究尚不能锁定：有 {count} 页未签名或签名后被修改。第一项：{first}。",
    ),
    "other-study": Text(
        "This is a definition of {other}, and the trial is one of {own}. Choose the file of this study.",
        "该定义属于 {other}，而本试验为 {own}，请选择本研究的文件。",
    ),
    "same-version": Text(
        "There is a version {version} already. Give the amended study a version of its own, then write the file again.",
        "已有版本 {version}，请为修订后的研究指定新版本号并重新生成文件。",
    ),
    "nothing-amended": Text(
        "The definition is the one that is in force. Nothing was proposed.",
        "该定义与现行定义相同，未提交修订。",
    ),
    "no-definition": Text("Nothing was proposed. {because}", "未提交修订。{because}"),
    "amendment-harms": Text(
        "{count} changes would harm what is recorded. First: {first}.",
        "有 {count} 项变更会损害已有记录。第一项：{first}。",
    ),
    "other-amender": Text(
        "Two people amend a study together. This one is approved by the {who}.",
        "研究修订须由两人共同完成，本修订由{who}批准。",
    ),
    "not-approved": Text(
        "The amendment is proposed and not approved. Nothing was changed.",
        "修订已提交但尚未批准，未作更改。",
    ),
    "uncoded": Text(
        "The study cannot be locked: {count} answers are not coded with the dictionary in use. First: {first}.",
        "研究尚不能锁定：有 {count} 项尚未用当前词典编码。第一项：{first}。",
    ),
    "other-dictionary": Text(
        "This study codes with {name} {version}. Choose the term there, or put the other version into use first.",
        "本研究使用 {name} {version} 编码，请在其中选择术语，或先启用另一版本。",
    ),
    "not-ready": Text(
        "The lock waits: the {who} has not agreed to the record as it now stands, or something is unfinished that you may not see. "
        "Ask the {who} to look, agree, and tell you.",
        "暂不能锁定：{who}尚未就当前数据同意锁定，或有您无权查看的内容未完成。请联系{who}核对并同意。",
    ),
    "not-locked": Text(
        "Arms are opened only after the data are locked. Lock the data first.",
        "只有数据锁定后才能揭盲，请先锁定数据。",
    ),
    "not-locked-now": Text(
        "The data are not locked. Nothing was changed.",
        "数据未锁定，未作更改。",
    ),
    "stays-blind": Text(
        "The evaluator, the data manager and the statistician stay blind until the data are locked. Open the arm to a person who treats.",
        "评估者、数据管理员和统计师在数据锁定前须保持盲态，请仅向治疗人员揭盲。",
    ),
    "second-person": Text(
        "This needs a second person besides you. Name another one.",
        "此操作需要您以外的第二人，请填写另一人。",
    ),
    "bad-file": Text(
        "This file cannot be taken. Choose one of these, of at most {most} MB: {what}.",
        "无法接收该文件。请选择以下类型之一，且不超过 {most} MB：{what}。",
    ),
    "copy-unwritable": Text(
        "No copy was made. {what}",
        "未生成副本。{what}",
    ),
    "no-file": Text(
        "Choose a file first.",
        "请先选择文件。",
    ),
    "file-lost": Text(
        "The file {name} is missing or was changed on the disk. Ask the person who runs the system to verify the trial and restore the file.",
        "文件 {name} 在磁盘上缺失或被更改。请联系系统管理员核验并恢复该文件。",
    ),
    "attached-already": Text(
        "This very file is attached here already, as {name}. Nothing was saved.",
        "该文件已作为 {name} 附于本页，未保存。",
    ),
    "too-many-files": Text(
        "A page takes {most} files. Put several into one PDF.",
        "每页最多 {most} 个附件，请合并为一个 PDF。",
    ),
    "reason-empty": Text(
        "Write something here (1 to {longest} characters).",
        "请填写内容（1 至 {longest} 个字符）。",
    ),
    "illegible": Text(
        "The text holds a control character, or nothing that can be seen. Type it again without pasting.",
        "文本含有控制字符或不可见内容，请手工重新输入。",
    ),
    "bad-name": Text(
        "{name} cannot be a name. Use 1 to 40 letters, digits, dots and dashes.",
        "{name} 不能作为编号，请使用 1 至 40 个字母、数字、点或短横。",
    ),
    "arm-words": Text(
        "The text names a treatment or a finding that could tell the arm (“{word}”). Write it without.",
        "文本包含可能透露分组的词语（“{word}”），请修改。",
    ),
    "no-list": Text(
        "No allocation list is sealed yet. The custodian seals it before the first patient.",
        "尚未封存分配序列，须由盲底保管人在首例受试者前封存。",
    ),
    "no-arm": Text(
        "There is no arm {arm} in this study. Choose one of {arms}.",
        "本研究没有 {arm} 组，请选择 {arms}。",
    ),
    "wrong-method": Text(
        "Under reading {reading} the arm follows from the {method}; it cannot be chosen otherwise.",
        "在解读 {reading} 下，分组由{method}决定，不能另行选择。",
    ),
    "unknown-evidence": Text(
        "The arm cannot be decided yet, for something that it follows from is not known: {because}. Complete that first.",
        "尚不能分组，所依据的信息不全：{because}，请先完善。",
    ),
}


@frozen(kw_only=True)
class Conflict:
    """Two people wrote different answers to one item: what is saved now, by whom, and when."""

    item: str
    saved: str
    by: str
    at: str


class Refused(Exception):
    """A command that may not be carried out; nothing has changed."""

    def __init__(self, code: str, because: Text, wrongs: tuple[Wrong, ...] = (), conflicts: tuple[Conflict, ...] = ()) -> None:
        super().__init__(f"{code}: {because.en}")
        self.code, self.because, self.wrongs, self.conflicts = code, because, wrongs, conflicts


def refusal(code: str, *, wrongs: tuple[Wrong, ...] = (), conflicts: tuple[Conflict, ...] = (), **values: object) -> Refused:
    """The refusal `code` of the catalogue, its sentence filled with `values` (a `Text` value keeps both languages)."""
    en = {name: value.en if isinstance(value, Text) else value for name, value in values.items()}
    zh = {name: value.zh if isinstance(value, Text) else value for name, value in values.items()}
    words = REASONS[code]
    return Refused(code, Text(words.en.format(**en), words.zh.format(**zh)), wrongs, conflicts)
