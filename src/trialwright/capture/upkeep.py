"""What a page tells of the record itself: that nothing can be saved now, and how old its last backup is."""

from datetime import timedelta

from attrs import frozen

from trialwright.capture.desk import Call
from trialwright.record import KEEPERS

OLDEST = timedelta(hours=26)
"""The age from which a backup alarms those who answer for the record."""


@frozen(kw_only=True)
class Upkeep:
    """`held`: nothing can be saved; `alarm`: why those who answer for the record must look after its backups; `age`: how old the last one is."""

    held: bool
    alarm: str = ""
    age: str = ""


def upkeep(call: Call) -> Upkeep | None:
    """What this person is told; nothing where nobody watches (virtual people)."""
    watch = call.desk.watch
    if watch is None:
        return None
    if call.role not in KEEPERS:
        return Upkeep(held=watch.doubt is not None)
    last, failed = watch.backed(), watch.failure()
    if failed is not None:
        alarm = call.say("backup-failed", when=call.clock_time(failed.at))
    elif last is None:
        alarm = call.say("backup-never")
    else:
        alarm = call.say("backup-old", when=call.clock_time(last.at)) if call.now - last.at > OLDEST else ""
    return Upkeep(held=watch.doubt is not None, alarm=alarm, age=call.say("backup-last", when=call.clock_time(last.at)) if last else "")
