"""The phrases of taking in laboratory results, in English and in Chinese."""

from trialwright.protocol import Text

WORDS = {
    "laboratory": Text("Laboratory", "检验导入"),
    "laboratory-title": Text("Take in laboratory results", "导入检验结果"),
    "laboratory-lead": Text("Choose the file that the laboratory exported. You first see what would happen to every result; only then it is saved.",
                            "请选择检验科导出的文件。系统先显示每条结果的处理方式，确认后才会保存。"),
    "laboratory-file": Text("File of results", "检验结果文件"),
    "laboratory-hint": Text("CSV in UTF-8, UTF-16 or GB18030, at most 1 MB, one result a line. Patients stand in it by their study code, without names.",
                            "CSV（UTF-8、UTF-16 或 GB18030），不超过 1 MB，每行一条结果。请使用研究编号，事先删除姓名。"),
    "laboratory-columns": Text("Columns expected: {columns}. A column that is not named here is never read.", "应有列：{columns}。其他列不会被读取。"),
    "laboratory-show": Text("Show what would happen", "预览"),
    "laboratory-read": Text("{file}: {count} results, read as {encoding}", "{file}：{count} 条结果，按 {encoding} 读取"),
    "laboratory-read:one": Text("{file}: {count} result, read as {encoding}", "{file}：{count} 条结果，按 {encoding} 读取"),
    "laboratory-mend": Text("Nothing can be saved yet. Results that must be mended in the file: {count}", "暂不能保存，文件中须更正的结果：{count} 条"),
    "laboratory-same": Text("The record already says all of this. Nothing would change.", "记录中已有全部内容，不会有任何更改。"),
    "laboratory-moved": Text("The record has changed since you looked. This is what would happen now; look at it again.",
                             "您预览之后记录有变更。以下为最新预览，请重新核对。"),
    "laboratory-reason": Text("Why do saved values change?", "为何更改已保存的值？"),
    "laboratory-save": Text("Save these results", "保存这些结果"),
    "laboratory-other": Text("Choose another file", "选择其他文件"),
    "laboratory-saved": Text("Saved: {count} answers from the laboratory.", "已保存检验结果：{count} 个答案。"),
    "laboratory-saved:one": Text("Saved: {count} answer from the laboratory.", "已保存检验结果：{count} 个答案。"),
    "laboratory-file-bad": Text("This file cannot be used", "该文件无法使用"),
    "lab-line": Text("Line", "行"),
    "lab-sampled": Text("Sample", "采样"),
    "lab-test": Text("Test", "项目"),
    "lab-as-written": Text("As the laboratory wrote it", "检验科原文"),
    "lab-saved": Text("Saved now", "已保存值"),
    "lab-value": Text("Would be", "导入后"),
    "lab-fate": Text("What happens", "处理"),
}  # fmt: skip
