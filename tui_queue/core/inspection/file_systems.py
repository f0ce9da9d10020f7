"""Kinds of file systems, by the names that the kernel gives them, and what each means for a queue."""

import os
from enum import Enum, auto


class Nature(Enum):
    """What matters of a file system."""

    OWN = auto()  # a disk of this machine
    SHARED = auto()  # other machines may have it too, or the host of this virtual machine
    SOME_PIPES = auto()  # shared, and the mount decides whether a named pipe can be made there
    WITHOUT_PIPES = auto()  # no named pipe can be made there
    OF_CONTAINER = auto()
    IN_MEMORY = auto()


_SHARED = {
    "9p", "acfs", "autofs", "beegfs", "ceph", "coda", "cvfs", "gfs", "gfs2", "glusterfs", "gpfs", "lustre", "mfs",
    "mmfs", "nfs", "nfs4", "ocfs2", "orangefs", "panfs", "pvfs2", "virtiofs", "wekafs",
}  # fmt: skip
_SOME_PIPES = {"afs", "cifs", "davfs", "ncpfs", "smb3", "smbfs"}
_WITHOUT_PIPES = {"drvfs", "exfat", "fuse.vmhgfs-fuse", "msdos", "prl_fs", "vboxsf", "vfat", "vmhgfs"}
_OF_CONTAINER = {"aufs", "fuse.fuse-overlayfs", "overlay", "overlayfs", "unionfs"}
_IN_MEMORY = {"ramfs", "tmpfs"}
_OF_ONE_KERNEL = {
    "bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "nilfs2", "overlay", "ramfs", "reiserfs", "tmpfs",
    "xfs", "zfs",
}  # fmt: skip


def nature_of(kind: str) -> Nature:
    """Return what a kind means; one that is not known counts as a disk, but one of FUSE, as sshfs is, as shared."""
    for kinds, nature in (
        (_SOME_PIPES, Nature.SOME_PIPES),
        (_WITHOUT_PIPES, Nature.WITHOUT_PIPES),
        (_OF_CONTAINER, Nature.OF_CONTAINER),
        (_IN_MEMORY, Nature.IN_MEMORY),
        (_SHARED, Nature.SHARED),
    ):
        if kind in kinds:
            return nature
    return Nature.SHARED if kind.startswith("fuse.") else Nature.OWN


def is_of_one_kernel(kind: str) -> bool:
    """Whether each change goes through this machine's kernel, which then knows of it; False for kinds not known.

    So it is too where this machine serves the directory to others: their changes are made here.
    """
    return kind in _OF_ONE_KERNEL


def file_system_of(directory: str, mounts: str = "/proc/self/mounts") -> str:
    """Return the kind of the file system that a directory is on; empty where that can't be told."""
    directory = os.path.realpath(directory)
    longest, kind = "", ""
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                _, place, of, *_ = line.split(" ")
                place = place.replace("\\040", " ")
                inside = directory == place or directory.startswith(f"{place.rstrip('/')}/")
                if inside and len(place) >= len(longest):
                    longest, kind = place, of
    except OSError:
        return ""
    return kind
