"""The phrases of locking the data and opening the arms, in English and in Chinese."""

from trialwright.protocol import Text

WORDS = {
    "lock-title": Text("Lock the data", "锁定数据"),
    "lock-lead": Text("Before the lock every question is closed and every page is signed as it now stands.",
             "锁定前须关闭全部质疑，且每一页均已按现有内容签名。"),
    "lock-queries": Text("Open questions: {count}", "未关闭的质疑：{count}"),
    "lock-unsigned": Text("Pages without a signature that holds: {count}", "未签名或签名失效的页面：{count}"),
    "lock-final": Text("After the lock nothing can be changed any more, by anybody.", "锁定后任何人都不能再修改。"),
    "lock-not-yet": Text("The data cannot be locked yet.", "尚不能锁定数据。"),
    "do-lock": Text("Lock the data for good", "永久锁定数据"),
    "locked": Text("The data are locked.", "数据已锁定。"),
    "locked-by": Text("By {who}; state {digest}.", "操作人：{who}；状态码 {digest}。"),
    "release-lead": Text("Open the arms to the statistician and the data manager. This is possible only after the lock.",
             "向统计师和数据管理员揭盲，仅在数据锁定后可行。"),
    "lock-first": Text("The data are not locked yet. Until they are, this is refused.", "数据尚未锁定，锁定前不能揭盲。"),
    "released": Text("The arms are open.", "已揭盲。"),
    "released-on": Text("The arms were opened on {when} by {who}, with {second}.", "已于 {when} 由 {who} 与 {second} 共同揭盲。"),
}  # fmt: skip
