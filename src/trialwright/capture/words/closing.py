"""The phrases of locking the data and opening the arms, in English and in Chinese."""

from trialwright.protocol import Text

WORDS = {
    "lock-title": Text("Lock the data", "锁定数据"),
    "lock-lead": Text("Before the lock every question is closed, every page is signed as it now stands, every term is coded, and principal "
                      "investigator and data manager agree.",
             "锁定前须关闭全部质疑，每一页均已按现有内容签名，术语均已编码，且主要研究者与数据管理员均同意锁定。"),
    "lock-queries": Text("Open questions: {count}", "未关闭的质疑：{count}"),
    "lock-unsigned": Text("Pages without a signature that holds: {count}", "未签名或签名失效的页面：{count}"),
    "lock-uncoded": Text("Answers without a code of the dictionary in use: {count}", "未用当前词典编码的答案：{count}"),
    "lock-final": Text("After the lock nothing can be changed any more, by anybody.", "锁定后任何人都不能再修改。"),
    "lock-bridged": Text("The evaluator works in a store of his own. The last exchange that brought something was on {when}. Bridge again before "
                         "you lock: what arrives later waits outside.",
                         "评估者在独立库中工作，最近一次有内容的交换为 {when}。锁定前请再次交换：锁定后送达的记录将不被接收。"),
    "lock-not-yet": Text("The data cannot be locked yet.", "尚不能锁定数据。"),
    "do-lock": Text("Lock the data for good", "永久锁定数据"),
    "locked": Text("The data are locked.", "数据已锁定。"),
    "locked-by": Text("By {who}; state {digest}.", "操作人：{who}；状态码 {digest}。"),
    "release-lead": Text("Open the arms to the statistician and the data manager. This is possible only after the lock.",
             "向统计师和数据管理员揭盲，仅在数据锁定后可行。"),
    "lock-first": Text("The data are not locked yet. Until they are, this is refused.", "数据尚未锁定，锁定前不能揭盲。"),
    "agree": Text("Agree to the lock", "同意锁定"),
    "agree-lead": Text("Your name stands under the whole record as your role sees it. It falls as soon as something changes.",
                       "您的签名覆盖您可见的全部记录，内容变更后自动失效。"),
    "agreed-now": Text("Your agreement is recorded.", "已记录您的同意。"),
    "lock-agreed": Text("You have agreed to the lock", "您已同意锁定"),
    "lock-not-agreed": Text("You have not agreed to the lock, or something has changed since", "您尚未同意锁定，或同意后内容有变更"),
    "unlock": Text("Open the locked data", "解除锁定"),
    "unlock-lead": Text("Answers can be changed again, each with its reason. Everything that changes after the first lock is listed for good. "
                        "Say why, without anything that could tell the treatment.",
                        "解锁后可再次修改答案（每次须说明原因），首次锁定后的全部变更将永久列出。请说明理由，勿写入可能透露治疗分组的内容。"),
    "unlocked-now": Text("The data are open again.", "数据已解锁。"),
    "changes": Text("Changes since the lock", "锁定后的变更"),
    "changes-lead": Text("Every answer that is not what it was when the data were first locked on {when}, as far as your role can see it.",
                         "自 {when} 首次锁定后发生变更的全部答案（限于您的角色可见的内容）。"),
    "changes-none": Text("No answer differs from what was locked.", "所有答案均与锁定时一致。"),
    "opened-by": Text("Opened on {when} by {who}, with {second}: {reason}", "{when} 由 {who} 与 {second} 解锁：{reason}"),
    "at-lock": Text("At the lock", "锁定时"),
    "answer-now": Text("Now", "现在"),
    "released": Text("The arms are open.", "已揭盲。"),
    "released-on": Text("The arms were opened on {when} by {who}, with {second}.", "已于 {when} 由 {who} 与 {second} 共同揭盲。"),
}  # fmt: skip
