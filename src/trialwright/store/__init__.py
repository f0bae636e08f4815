"""The only room that touches a disk or a database: trial files behind their gate, and the verifier."""

from trialwright.store.signing import key_path, signed_checkpoint
from trialwright.store.sqlite import Kept, StoreError, begun_with, create, current_checkpoint, open_trial
from trialwright.store.verify import Fault, examine

__all__ = [
    "Fault",
    "Kept",
    "StoreError",
    "begun_with",
    "create",
    "current_checkpoint",
    "examine",
    "key_path",
    "open_trial",
    "signed_checkpoint",
]
