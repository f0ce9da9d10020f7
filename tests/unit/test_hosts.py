"""Which machine is which, and what kinds of file systems mean."""

import pytest

from tui_queue.core.inspection.file_systems import Nature, is_of_one_kernel, nature_of
from tui_queue.core.model.host import Host

RECORDED = Host(machine="a" * 32, name="node1", boot="b1")


@pytest.mark.parametrize(
    ("seen", "same"),
    [
        (RECORDED, True),
        (Host(machine="a" * 32, name="node1", boot="b2"), True),  # it was started again
        (Host(machine="a" * 32, name="renamed", boot="b1"), True),
        (Host(machine="a" * 32, name="clone", boot="b2"), False),  # of one image
        (Host(machine="c" * 32, name="node1", boot="b1"), False),  # a container with a machine-id of its own
        (Host(machine="", name="node1", boot="b1"), False),
    ],
)
def test_a_machine_is_known_again_after_a_reboot_or_a_new_name_and_told_from_its_clones(seen: Host, same: bool) -> None:
    assert RECORDED.is_same(seen) is same
    assert seen.is_same(RECORDED) is same


def test_a_machine_without_machine_id_is_known_by_a_name_that_is_its_own() -> None:
    named = Host(name="box", boot="b1")
    assert named.is_same(Host(name="box", boot="b2"))
    assert not named.is_same(Host(name="other", boot="b1"))
    unnamed = Host(name="localhost", boot="b1")
    assert unnamed.is_same(unnamed)
    assert not unnamed.is_same(Host(name="localhost", boot="b2"))


@pytest.mark.parametrize(
    ("kinds", "nature"),
    [
        ("nfs nfs4 fuse.sshfs fuse.anything gpfs lustre ceph 9p virtiofs beegfs glusterfs", Nature.SHARED),
        ("cifs smb3 afs", Nature.SOME_PIPES),
        ("vmhgfs fuse.vmhgfs-fuse drvfs vboxsf exfat vfat", Nature.WITHOUT_PIPES),
        ("overlay aufs", Nature.OF_CONTAINER),
        ("tmpfs ramfs", Nature.IN_MEMORY),
        ("ext4 xfs btrfs zfs fuseblk", Nature.OWN),
    ],
)
def test_kinds_of_file_systems_are_known_by_what_they_mean(kinds: str, nature: Nature) -> None:
    assert {nature_of(kind) for kind in kinds.split()} == {nature}


def test_only_file_systems_that_are_known_to_be_of_this_machine_are_waited_for_without_polling() -> None:
    assert all(map(is_of_one_kernel, ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay"]))
    assert not any(map(is_of_one_kernel, ["nfs4", "fuse.bindfs", "fuseblk", "virtiofs", "fakeowner", "vboxsf", ""]))
