"""The key that signs checkpoints: it lies beside the trial, never in it."""

import base64
import hashlib
import os
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from trialwright.record.ledger import checkpoint
from trialwright.store.address import Address, key_path


def make_key(at: Address, draw: Callable[[int], bytes]) -> str:
    """Makes the private key file (readable by its owner alone) and gives the public key in base64."""
    seed = draw(32)
    key_path(at).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(key_path(at), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400)
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(seed))
    return base64.b64encode(_public(Ed25519PrivateKey.from_private_bytes(seed))).decode()


def fingerprint(public: str) -> str:
    """What a public key gives to the name of its trial. The name begins every chain, so nobody puts another key into a trial unnoticed."""
    return hashlib.sha256(public.encode()).hexdigest()[:32]


def public_of(key: bytes) -> str:
    """The public half of a key file. Raises `ValueError` when it is none."""
    return base64.b64encode(_public(Ed25519PrivateKey.from_private_bytes(base64.b64decode(key)))).decode()


def belongs(key: bytes, public: str) -> bool:
    """Whether the content of a key file is the private half of a public key."""
    try:
        return public_of(key) == public
    except ValueError:
        return False


def signed_checkpoint(at: Address, origin: str, size: int, head: bytes) -> str:
    """A checkpoint as a signed note: keep it away from the machine (printout, mail, another disk)."""
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(key_path(at).read_bytes()))
    note = checkpoint(origin, size, head)
    signature = base64.b64encode(_key_hash(origin, _public(private)) + private.sign(note.encode())).decode()
    return f"{note}\n— {origin} {signature}\n"


def read_checkpoint(text: str, public_key: str) -> tuple[str, int, bytes]:
    """Origin, size and head of a checkpoint whose signature holds. Raises `ValueError` that says what is wrong."""
    note, _, tail = text.partition("\n\n")
    told, signed = note.split("\n"), tail.split()
    if len(told) != 3 or len(signed) != 3 or not told[1].isdigit():
        raise ValueError("this is no checkpoint: expected three lines, an empty line and a signature line")
    origin, size, head = told
    try:
        signature = base64.b64decode(signed[2])
        public = base64.b64decode(public_key)
        Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], (note + "\n").encode())
        if signature[:4] != _key_hash(origin, public):
            raise ValueError("it was signed by another key")
        return origin, int(size), base64.b64decode(head)
    except InvalidSignature:
        raise ValueError("the signature of the checkpoint does not hold: it was changed, or it belongs to another trial file") from None


def _public(private: Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _key_hash(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]
