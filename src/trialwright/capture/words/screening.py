"""The phrases of the screening page, in English and in Chinese."""

from trialwright.protocol import Text

WORDS = {
    "may-join": Text("Every criterion is met", "全部标准均已满足"),
    "cannot-join": Text("Not eligible", "不符合入组标准"),
    "cannot-decide": Text("Cannot be decided yet", "尚不能判定"),
    "counts": Text("{met} met · {unmet} not met · {open} unknown", "满足 {met} 条 · 不满足 {unmet} 条 · 未知 {open} 条"),
    "inclusion": Text("Inclusion", "入选标准"),
    "exclusion": Text("Exclusion", "排除标准"),
    "v-met": Text("met", "满足"),
    "v-not-met": Text("not met", "不满足"),
    "v-unknown": Text("unknown", "未知"),
    "one-settles": Text("One answer is enough:", "填写其中一项即可判定："),
    "still-open": Text("Still to be answered:", "尚待填写："),
    "unknown-because": Text("Not known yet:", "尚不可知："),
    "how": Text("How was this decided?", "判定依据"),
    "fact": Text("Fact", "事实"),
    "value": Text("Value", "数值"),
    "from": Text("Where it comes from", "来源"),
    "not-known": Text("not known", "未知"),
    "between": Text("between {low} and {high}", "{low} 至 {high} 之间"),
    "rule-version": Text("Rules and versions: {version}", "规则与版本：{version}"),
    "machine-proposes": Text("The system explains; the physician decides and signs. What is unknown never counts as met.",
                             "系统仅作说明，由医师判定并签名。未知绝不视为满足。"),
}  # fmt: skip
