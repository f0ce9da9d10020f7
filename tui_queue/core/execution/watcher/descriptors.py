"""What the kernel tells of the files that a process has open, without a question to the disks that they are on.

To follow a link in ``/proc/PID/fd`` asks the disk, and one that hangs keeps the process that asks it waiting.
"""

import os


def inode_number(process: "int | str", descriptor: "int | str") -> "int | None":
    """Return the inode of what a process has open; None before Linux 5.14, and of a process that has ended."""
    try:
        with open(f"/proc/{process}/fdinfo/{descriptor}", "rb") as file:
            lines = file.read().splitlines()
    except OSError:
        return None
    return next((int(line[4:]) for line in lines if line.startswith(b"ino:")), None)


class NamedPipe:
    """A pipe on disk, and which processes may write to it. Raises OSError where there is none."""

    def __init__(self, path: str) -> None:
        self._name = os.path.basename(path)
        file = os.open(path, os.O_PATH)
        try:
            found = os.fstat(file)
            # The kernel's number may be another one than that of stat: overlayfs.
            self._inode, self._number = (found.st_dev, found.st_ino), inode_number("self", file)
        finally:
            os.close(file)

    def may_be_written_by(self, pid: int) -> bool:
        """Whether a process has it open for writing; its scheduler has it open for reading."""
        try:
            descriptors = os.listdir(f"/proc/{pid}/fd")
        except OSError:  # it has ended, or is another user's
            return False
        return any(self._is_writable_at(pid, number) for number in descriptors)

    def _is_writable_at(self, pid: int, number: str) -> bool:
        link = f"/proc/{pid}/fd/{number}"
        try:
            if os.path.basename(os.readlink(link)) != self._name or not os.lstat(link).st_mode & 0o200:
                return False
            if inode_number(pid, number) != self._number:
                return False
            found = os.stat(link)
        except OSError:  # it is closed by now
            return False
        return (found.st_dev, found.st_ino) == self._inode
