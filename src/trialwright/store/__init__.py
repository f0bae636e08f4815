"""The only room that touches a disk or a database: trials behind their gate, in a file or in PostgreSQL, and the verifier."""

from trialwright.store.address import Address, Database, accounts_path, address, attachments_path, home, key_path
from trialwright.store.archiving import VERIFIER, attachments_of, begin_again, ledger_lines
from trialwright.store.attachments import Attachments
from trialwright.store.bridge import Taken, begin_part, end_part, letter, place_at, take
from trialwright.store.copying import backup
from trialwright.store.erasing import holding, lacking, scrubbed
from trialwright.store.keeping import Fault, Newer, Occupied, StoreError, Unsure
from trialwright.store.known import Backed, Known, Restored
from trialwright.store.locking import backup_key
from trialwright.store.moving import move
from trialwright.store.opening import discard, exists, prepare
from trialwright.store.post import collect, post
from trialwright.store.restoring import restore
from trialwright.store.signing import signed_checkpoint
from trialwright.store.trial import Definitions, Kept, create, current_checkpoint, definitions_of, open_trial
from trialwright.store.verify import examine
from trialwright.store.watch import Doubt, Watch

__all__ = [
    "VERIFIER", "Address", "Attachments", "Backed", "Database", "Definitions", "Doubt", "Fault", "Kept", "Known",
    "Newer", "Occupied", "Restored", "StoreError", "Taken", "Unsure", "Watch", "accounts_path", "address", "attachments_of",
    "attachments_path", "backup", "backup_key", "begin_again", "begin_part", "collect", "create",
    "current_checkpoint", "definitions_of", "discard", "end_part", "examine", "exists", "holding", "home", "key_path",
    "lacking", "ledger_lines", "letter", "move", "open_trial", "place_at", "post", "prepare", "restore", "scrubbed", "signed_checkpoint",
    "take",
]  # fmt: skip
