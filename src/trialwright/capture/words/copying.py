"""The phrases of the copy of the study, in English and in Chinese."""

from trialwright.protocol import Text

WORDS = {
    "copy": Text("Copy of the study", "研究副本"),
    "copy-lead": Text("Everything that your role may see, in one file: data sets (XPT, Dataset-JSON, Define-XML, CSV), the audit trail (CSV, JSON lines) with "
                      "a dictionary, and if you wish casebooks and files. That you took it, what for and for whom stands in the record for good.",
                      "将您的角色可查看的全部内容汇成一个文件：数据集（XPT、Dataset-JSON、Define-XML、CSV）、稽查轨迹（CSV、JSON Lines）及数据字典，"
                      "并可附病例簿和附件。导出行为、用途和接收方将永久记录。"),
    "copy-blind": Text("Your copy holds no arm, and nothing that hints at one.", "您的副本不含分组及任何可能透露分组的内容。"),
    "copy-open": Text("Your copy may tell the arms. Keep it from everybody who is blind.", "您的副本可能透露分组，不得让任何盲态人员接触。"),
    "copy-make": Text("Make the copy", "生成副本"),
    "copy-cannot": Text("This server makes no copies.", "本服务器不提供导出。"),
    "copies-taken": Text("Copies taken, as far as you may know of them", "已导出的副本（您有权查看的）"),
    "copy-when": Text("When", "时间"),
    "copy-who": Text("Who", "导出人"),
    "copy-what": Text("What for, for whom, on which ground", "用途、接收方、依据"),
    "copy-digest": Text("SHA-256", "SHA-256"),
    "copies-none": Text("None yet.", "尚无。"),
    "copy-waits": Text("The copy is being made. You may leave this page and come back within an hour.", "正在生成副本。您可离开本页，一小时内返回。"),
    "copy-step": Text("{done} of {steps}", "第 {done} 步，共 {steps} 步"),
    "copy-turn": Text("waiting for its turn", "排队中"),
    "copy-look": Text("Look again", "刷新"),
    "copy-ready": Text("The copy is ready.", "副本已生成。"),
    "copy-take": Text("Save the file", "保存文件"),
    "copy-gone": Text("It is kept here for an hour, and for you alone.", "该文件在此保留一小时，仅供您本人下载。"),
    "copy-another": Text("Make another one", "另行导出"),
}
