"""The phrases about erasing what must not stay, in English and in Chinese."""

from trialwright.protocol import Text

WORDS = {
    "erase": Text("Ask to erase", "申请抹除"),
    "erase-lead": Text("For a name or a number of a person that was written where it must not be. A second person looks at it and erases it for good; "
                       "that it was there, who asked and why stays in the record. If it is an answer, correct it first, so that the right value stands.",
                       "用于抹除误写入的姓名、号码等个人标识。须由第二人核对后永久抹除；曾有该内容、申请人及原因会保留在记录中。如为数据项，请先更正，使正确的值生效。"),
    "erase-ask": Text("Sign and ask", "签名并提交申请"),
    "erase-asked": Text("A second person was asked to erase it. Until then it is still there.", "已提交，待第二人抹除。在此之前内容仍然存在。"),
    "erase-now": Text("Erase for good", "永久抹除"),
    "erase-now-lead": Text("You are the second of two. Look whether it really is the name or number of a person, and whether the reason itself repeats it. "
                           "Nobody can bring it back.", "您是两人中的第二人。请核对该内容确为个人标识，且申请原因中未重复该内容。抹除后无法恢复。"),
    "erase-wish": Text("{who} asked on {when} to erase “{what}”: {why}.", "{who} 于 {when} 申请抹除“{what}”：{why}。"),
    "erased-now": Text("It was erased. See below where copies of it still lie.", "已抹除。请见下方仍含有该内容的副本。"),
    "erased-by": Text("Erased on {when}, asked by {asked} and done by {who}, because {why}.", "{when} 抹除，{asked} 申请，{who} 执行，原因：{why}。"),
    "erased-then": Text("erased on {when} by {who}", "{who} 于 {when} 抹除"),
    "erasures": Text("Erasures", "抹除"),
    "erasures-lead": Text("Names and numbers of people that were written where they must not be: one person asks, a second one erases.",
                          "误写入的个人标识：一人申请，另一人执行抹除。"),
    "erase-waiting": Text("Waits for a second person", "待第二人处理"),
    "erase-waits": Text("{who} asks to erase something", "{who} 申请抹除内容"),
    "erase-other": Text("Another person in another role must do this.", "须由另一角色的另一人执行。"),
    "erase-look": Text("Look and erase", "核对并抹除"),
    "erase-none": Text("Nothing.", "无。"),
    "erase-done": Text("Erased", "已抹除"),
    "erase-backups": Text("{count} backups still hold it.", "仍有 {count} 个备份含有该内容。"),
    "erase-backups:one": Text("One backup still holds it.", "仍有 1 个备份含有该内容。"),
    "erase-backups-mend": Text("Make a new backup and look that it is good; then destroy these, and every copy of them that was carried elsewhere.",
                               "请先新建备份并确认有效，然后销毁以下备份及其在他处的所有副本。"),
    "erase-copies": Text("Copies of the study that were handed out while it was there: ask those who have them to destroy them.",
                         "内容存在期间提供的研究副本：请联系接收方销毁。"),
    "erase-elsewhere": Text("Only backups and copies that this system made are listed: think of prints, mails and archives too.",
                            "仅列出本系统生成的备份与副本；请同时考虑打印件、邮件及归档文件。"),
    "erase-again": Text("To be erased again", "须重新抹除"),
    "erase-again-why": Text("The record was put back from a backup that still held this. Ask for each erasure anew.",
                            "记录由仍含有该内容的备份恢复，请逐项重新申请抹除。"),
}  # fmt: skip
