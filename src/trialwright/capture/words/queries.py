"""The phrases of questions about answers, in English and in Chinese."""

from trialwright.protocol import Text

WORDS = {
    "ask": Text("Ask about this answer", "提出质疑"),
    "ask-lead": Text("Ask so that the site can answer in one sentence. Name no treatment.", "请提出可用一句话答复的问题，勿提及治疗。"),
    "asked": Text("The question is saved.", "质疑已保存。"),
    "answer-lead": Text("Answer in one or two sentences. A value is corrected on its page.", "请用一两句话答复。数值请在相应页面更正。"),
    "answered": Text("The answer is saved.", "答复已保存。"),
    "closed": Text("The question is closed.", "质疑已关闭。"),
    "where": Text("Where", "位置"),
    "question-answer": Text("Question and answer", "质疑与答复"),
    "age": Text("Age", "时长"),
    "query-open": Text("open", "待答复"),
    "query-answered": Text("answered", "已答复"),
    "query-closed": Text("closed", "已关闭"),
    "no-queries": Text("There are no questions.", "没有质疑。"),
}  # fmt: skip
