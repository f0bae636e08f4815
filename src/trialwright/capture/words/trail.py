"""The phrases of the audit trail, in English and in Chinese."""

from trialwright.protocol import Text

WORDS = {
    "t-opened": Text("The study {code} was opened, version {version}, reading {reading}.", "研究 {code} 启动，版本 {version}，解读 {reading}。"),
    "t-screened": Text("Screening began at site {site}.", "在中心 {site} 开始筛选。"),
    "t-consented": Text("Consented on {on} to version {version}.", "于 {on} 签署知情同意书，版本 {version}。"),
    "t-failed": Text("Screening ended on {on} ({criteria}): {reason}", "筛选于 {on} 结束（{criteria}）：{reason}"),
    "t-enrolled": Text("Enrolled; day 0 is {on}.", "已入组，第 0 天为 {on}。"),
    "t-allocated": Text("Allocated to {arm}: {reason}", "分组至{arm}：{reason}"),
    "t-sealed": Text("The allocation list was sealed ({commitment}).", "分配序列已封存（{commitment}）。"),
    "t-answered": Text("{where}: {item} = {value}", "{where}：{item} = {value}"),
    "t-held": Text("Held to be right: {why}", "确认无误：{why}"),
    "t-corrected": Text("{where}: {item} corrected to {value}, because: {reason}", "{where}：{item} 更正为 {value}，原因：{reason}"),
    "t-not-done": Text("{where}: not done, because: {reason}", "{where}：未做，原因：{reason}"),
    "t-signed": Text("{where}: signed. “{meaning}” ({digest})", "{where}：已签名。“{meaning}”（{digest}）"),
    "t-queried": Text("{where}: asked about {item}: {question}", "{where}：就{item}提出质疑：{question}"),
    "t-query-answered": Text("Question answered: {answer}", "质疑已答复：{answer}"),
    "t-query-closed": Text("Question closed.", "质疑已关闭。"),
    "t-withdrew": Text("Withdrew on {on}: {reason}", "于 {on} 退出：{reason}"),
    "t-ended": Text("Follow-up ended on {on}.", "随访于 {on} 结束。"),
    "t-broken": Text("Arms were opened to {to}, with {second}: {reason}", "向{to}揭盲，第二人 {second}：{reason}"),
    "t-signed-off": Text("The casebook was signed as the signer sees it: “{meaning}”.", "签名人就其可见的病例内容签名：“{meaning}”。"),
    "t-verified": Text("{where}: compared with the source. Left out: {excepted}.", "{where}：已与源数据核对，未核对项目：{excepted}。"),
    "t-coded": Text("{where}: {item} coded as {term} ({code}, {dictionary} {version})", "{where}：{item} 编码为 {term}（{code}，{dictionary} {version}）"),
    "t-frozen": Text("{where}: frozen.", "{where}：已冻结。"),
    "t-thawed": Text("{where}: opened again, because: {reason}", "{where}：已解冻，原因：{reason}"),
    "t-takeover": Text("Another evaluator took over, because: {reason}", "更换评估者，原因：{reason}"),
    "t-unlocked": Text("The data were opened again ({second}), because: {reason}", "数据已解锁（{second}），原因：{reason}"),
    "t-whole": Text("everything of this patient", "该受试者的全部内容"),
    "t-locked": Text("The data were locked ({digest}).", "数据已锁定（{digest}）。"),
}  # fmt: skip
