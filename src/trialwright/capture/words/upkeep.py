"""The phrases about the record itself, in English and in Chinese."""

from trialwright.protocol import Text

WORDS = {
    "record-page": Text("The record", "记录维护"),
    "record-lead": Text("How the record of this trial is kept. Two people answer for it: the custodian and the investigator, or the data manager.",
                        "本试验记录的保存情况。由保管人与主要研究者（或数据管理员）两人共同负责。"),
    "record-held": Text("Nothing can be saved now.", "目前无法保存。"),
    "record-held-why": Text("The record was put back from a backup, or is older than it was. It can be read; two people must accept this first.",
                            "记录由备份恢复，或早于此前已知的状态。目前仅可阅读，须经两人确认。"),
    "record-held-go": Text("Look and accept", "查看并确认"),
    "backup": Text("Backup", "备份"),
    "backup-last": Text("Last good backup: {when}", "最近一次有效备份：{when}"),
    "backup-never": Text("There is no backup of this trial yet.", "本试验尚无备份。"),
    "backup-old": Text("The last good backup is from {when}, more than 26 hours ago.", "最近一次有效备份为 {when}，已超过 26 小时。"),
    "backup-failed": Text("The backup of {when} failed.", "{when} 的备份失败。"),
    "backup-mend": Text("Tell the person who runs this machine.", "请通知系统管理员。"),
    "backup-file": Text("File", "文件"),
    "backup-made": Text("Made", "时间"),
    "backup-locked": Text("Locked for its recipients", "已为接收人加密"),
    "backup-clear": Text("Not locked: must not leave the building", "未加密，不得离开本单位"),
    "backup-entries": Text("Entries", "记录数"),
    "backup-virtual": Text("The people of this trial are virtual: nobody watches over its backups.", "本试验受试者为虚拟人员，不监测备份。"),
    "backup-reason": Text("Why it failed", "失败原因"),
    "record-state": Text("State of the record", "记录状态"),
    "state-sure": Text("The record goes on from where this machine last saw it.", "记录与本机此前所见状态连续。"),
    "state-here": Text("Entries here: {here}. Known on this machine before: {known}.", "现有记录数：{here}。本机此前已知：{known}。"),
    "state-older": Text("The record is older than this machine knew it.", "现有记录早于本机此前已知的状态。"),
    "state-restored": Text("Put back on {when} by {who}, from the backup of {made} ({file}).", "{who} 于 {when} 由 {made} 的备份（{file}）恢复。"),
    "state-agreed": Text("Accepted by {who} on {when}: {why}", "{who} 于 {when} 已确认：{why}"),
    "state-waiting": Text("Still needed: {count} of two people, of different roles.", "还需 {count} 人确认（共两人，角色须不同）。"),
    "state-yours": Text("You have accepted. Another person must too.", "您已确认，还需另一人确认。"),
    "accept-state": Text("Accept this state", "确认接受此状态"),
    "accept-lead": Text("Before you accept, hold the record against the last checkpoint and the paper: what was recorded later is not in it "
                        "and must be entered again, as late entries.", "确认前请与最近的校验点及纸质记录核对：此后录入的内容不在其中，须作为补录重新填写。"),
    "accepted-now": Text("Your acceptance is recorded.", "已记录您的确认。"),
    "clock": Text("Clock of this machine", "本机时钟"),
    "clock-kept": Text("A time server keeps it.", "由时间服务器校准。"),
    "clock-alone": Text("No time server keeps it, as far as the system knows: the times of entries may be wrong. Tell the person who runs this machine.",
                        "系统未检测到时间服务器校准，记录时间可能不准，请通知系统管理员。"),
    "noted": Text("What was noted about the record", "有关记录的事项"),
    "unsaved": Text("Nothing was saved", "未保存"),
    "unsure": Text("Nobody can see yet whether this was saved", "暂时无法确认是否已保存"),
    "unsure-why": Text("The disk or the database failed in the middle of this save. Do not enter it again now: tell the person who runs this machine the time "
                       "of day, and look whether it is there once the application was started anew.",
                       "保存过程中磁盘或数据库发生故障。请勿立即重复填写：请将时间告知系统管理员，待系统重新启动后先查看该内容是否已保存。"),
    "unsaved-why": Text("The disk or the database of this trial does not take it at the moment. What was saved before is safe, and what you typed into "
                        "a page of the record is kept in this tab: go back and save it again in a few minutes. If it goes on, tell the person who runs "
                        "this machine the time of day.", "试验的磁盘或数据库暂时无法写入。此前已保存的内容不受影响，您在记录页面填写的内容仍保留在本标签页："
                        "请返回，几分钟后再次保存。如仍失败，请将时间告知系统管理员。"),
}  # fmt: skip
