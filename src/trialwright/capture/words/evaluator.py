"""The phrases of the evaluator's workspace, in English and in Chinese."""

from trialwright.protocol import Text

WORDS = {
    "worklist": Text("Your assessments", "您的评估任务"),
    "today-is": Text("Today is {day}", "今天是 {day}"),
    "do-not-ask": Text("Please do not ask about or look for treatment, injections, side effects or laboratory results.",
                       "请勿询问或查看治疗、注射、不良反应或化验结果。"),
    "to-assess": Text("To assess", "待评估"),
    "to-sign": Text("To sign", "待签名"),
    "later": Text("In the next three weeks", "未来三周"),
    "questions-to-you": Text("Questions to you", "向您提出的质疑"),
    "nothing-to-assess": Text("No assessment is due today.", "今天没有待评估项目。"),
    "start": Text("Start", "开始"),
    "go-on": Text("Continue", "继续"),
    "review-and-sign": Text("Review and sign", "核对并签名"),
    "filled-of": Text("{done} of {all} filled", "已填 {done}/{all}"),
    "right-letter": Text("R", "右"),
    "left-letter": Text("L", "左"),
    "score-this": Text("Score the site that is marked", "为标记的部位评分"),
    "grade-0": Text("normal", "正常"),
    "grade-1": Text("mild", "轻度"),
    "grade-2": Text("moderate", "中度"),
    "grade-3": Text("severe", "重度"),
    "keys": Text("Keys: 0 to 3 score and move on, Backspace goes back.", "键盘：0–3 评分并跳到下一部位，退格键返回。"),
    "na": Text("no score …", "无评分…"),
    "scored-of": Text("{done} of {all} sites", "已评 {done}/{all} 个部位"),
    "total-is": Text("total {total} of {highest}", "总分 {total}/{highest}"),
    "total-none": Text("total not computable yet", "总分尚不能计算"),
    "total-never": Text("total not computable; sites without a score: {count}", "总分不能计算，无评分部位：{count} 个"),
    "save-draft": Text("Save", "保存"),
}  # fmt: skip
