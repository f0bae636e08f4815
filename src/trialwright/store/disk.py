"""Whether a folder lies on a disk that keeps its word: not on a network, and not where another program carries files away."""

import os
import sys
from pathlib import Path

from trialwright.store.keeping import StoreError

NETWORK = frozenset((
    "9p", "afs", "beegfs", "ceph", "cifs", "davfs", "drvfs", "fuse.ceph", "fuse.davfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs",
    "fuse.vmhgfs-fuse", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "prl_fs", "smb3", "smbfs", "vboxsf",
))  # fmt: skip
SYNCHRONIZED = (
    "baidunetdisk", "box sync", "dropbox", "google drive", "googledrive", "icloud drive", "mobile documents", "nextcloud", "nutstore", "onedrive", "owncloud",
    "pcloud", "seafile", "坚果云", "百度网盘",
)  # fmt: skip


def on_a_disk_that_holds(path: Path) -> None:
    """Refuses, with a `StoreError`, to write a trial of real people where its saves could be lost."""
    why = unsafe(path)
    if why:
        raise StoreError(f"{path} cannot hold a trial of real people: {why}. Put it on a disk of this machine, or keep the trial in PostgreSQL.")


def unsafe(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """Why a trial of real people must not lie here, as far as the system tells; empty when nothing speaks against it."""
    place = path.resolve()
    carried = next((part for part in place.parent.parts if part.casefold().startswith(SYNCHRONIZED)), "")
    if carried:
        return f"the folder {carried} is carried to other machines, which takes half-written files along"
    kind = _remote_drive(place) if sys.platform == "win32" else _file_system(place, mounts)
    return f"it is a network disk ({kind}), on which locks and saves do not hold" if kind else ""


def _file_system(place: Path, mounts: Path) -> str:
    """The kind of the file system in which a path lies, when it is one of a network."""
    found, length = "", -1
    try:
        for line in mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
            before, _, after = line.partition(" - ")
            mounted = Path(before.split(" ")[4].encode().decode("unicode_escape"))
            if place.is_relative_to(mounted) and len(mounted.parts) >= length:
                found, length = after.split(" ")[0], len(mounted.parts)
    except (OSError, IndexError, UnicodeError):  # a system that does not tell
        return ""
    return found if found in NETWORK else ""


def _remote_drive(place: Path) -> str:
    if sys.platform != "win32":
        return ""
    import ctypes

    remote = ctypes.windll.kernel32.GetDriveTypeW(place.anchor) == 4
    return os.path.splitdrive(place)[0] if remote or place.anchor.startswith("\\\\") else ""
