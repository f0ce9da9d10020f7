"""A script as it was when its job was added: its hash, its commit, its copy, and whether it changed since."""

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import missing, wait_for
from tui_queue.core.errors import BadInputError
from tui_queue.core.execution import script_snapshot
from tui_queue.core.execution.script_snapshot import changed, describe
from tui_queue.core.model.options import Script

TEXT = b"#!/bin/sh\necho one\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "job.sh"
    path.write_bytes(TEXT)
    path.chmod(0o755)
    return path


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return a function that runs git in a new repository; no configuration of this machine counts."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")

    def run(*words: str) -> str:
        person = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        done = subprocess.run(
            ["git", "-C", str(tmp_path), *person, *words], capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout.strip()

    try:
        run("init", "-q")
    except FileNotFoundError:
        missing("git is not installed")
    return run


def later(path: Path) -> None:
    """Let the file be younger by a second than it was."""
    found = path.stat()
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 10**9))


def test_a_script_is_known_by_its_content(file: Path) -> None:
    script = describe("job.sh", str(file.parent))
    assert script == Script(
        sha256=hashlib.sha256(TEXT).hexdigest(), size=len(TEXT), mtime_ns=file.stat().st_mtime_ns, commit="", copy=""
    )
    assert script == describe(str(file), "/")


@pytest.mark.quick
def test_a_changed_script_is_noticed_and_a_touched_one_is_not(file: Path) -> None:
    script = describe(str(file), "/")
    assert changed(script, str(file)) == ""
    later(file)
    assert changed(script, str(file)) == ""
    file.write_bytes(TEXT.replace(b"one", b"two"))
    later(file)
    assert changed(script, str(file)) == "script changed since it was added"
    file.write_bytes(TEXT + b"echo more\n")
    assert changed(script, str(file)) == "script changed since it was added"
    file.unlink()
    assert changed(script, str(file)) == "script is gone"
    assert changed(script, str(file / "below")) == "script is gone"
    os.mkfifo(file)
    assert changed(script, str(file)) != ""


def test_of_a_very_large_file_size_and_time_must_do(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as large:
        large.truncate(script_snapshot.LARGEST + 1)
    script = describe(str(path), "/")
    assert (script.sha256, script.size) == ("", script_snapshot.LARGEST + 1)
    assert changed(script, str(path)) == ""
    later(path)
    assert changed(script, str(path)) == "script changed since it was added"


def test_a_script_that_is_gone_or_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    for name, says in (
        ("nowhere", "nowhere: no such file"),
        ("file/below", "no such file"),
        ("pipe", "pipe: can't be read: not a regular file"),
        (".", "can't be read: not a regular file"),
    ):
        with pytest.raises(BadInputError, match=says) as refused:
            describe(name, str(tmp_path))
        assert refused.value.field == "path"


def test_a_program_that_may_be_run_but_not_read_is_described_and_not_copied(file: Path, tmp_path: Path) -> None:
    file.chmod(0o111)
    code = (
        "import sys\n"
        "from tui_queue.core.errors import BadInputError\n"
        "from tui_queue.core.execution.script_snapshot import changed, describe\n"
        "found = describe(sys.argv[1], '/')\n"
        "print(found.size, repr(found.sha256), repr(changed(found, sys.argv[1])))\n"
        "try: describe(sys.argv[1], '/', copy_to=sys.argv[2])\n"
        "except BadInputError as error: print(error)\n"
    )
    prefix = []
    if os.geteuid() == 0:
        without = "-dac_override,-dac_read_search"
        prefix = ["setpriv", f"--bounding-set={without}", f"--inh-caps={without}"]
    words = [*prefix, sys.executable, "-c", code, str(file), str(tmp_path / "copies")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == [
        f"{len(TEXT)} '' ''",
        f"{file}: can't be copied: permission denied; add it without a copy.",
    ]


def test_outside_of_a_repository_there_is_no_commit(file: Path) -> None:
    assert describe(str(file), "/").commit == ""


def test_the_commit_is_named_and_whether_the_script_differs_from_it(file: Path, git: Callable[..., str]) -> None:
    assert describe(str(file), "/").commit == ""  # nothing committed yet
    git("add", ".")
    git("commit", "-qm", "One")
    first = git("rev-parse", "HEAD")
    assert wait_for(lambda: describe(str(file), "/").commit, "the commit") == first
    (file.parent / "other").write_text("not in the commit")
    assert describe(str(file), "/").commit == first
    assert describe("other", str(file.parent)).commit == f"{first}-dirty"
    file.write_bytes(TEXT + b"# more\n")
    assert describe(str(file), "/").commit == f"{first}-dirty"
    git("commit", "-qam", "Two")
    second = git("rev-parse", "HEAD")
    wait_for(lambda: describe(str(file), "/").commit == second, "the next commit")


def test_a_script_below_and_a_link_to_one_have_the_commit_of_their_repository(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, git: Callable[..., str]
) -> None:
    odd = os.fsdecode(b"a \xff:\n\t-\"job'.sh")
    below = tmp_path / "deep" / "er"
    below.mkdir(parents=True)
    (below / odd).write_bytes(TEXT)
    link = tmp_path_factory.mktemp("elsewhere") / "link.sh"
    link.symlink_to(below / odd)
    git("add", ".")
    git("commit", "-qm", "One")
    assert describe(odd, str(below)).commit == describe(str(link), "/").commit == git("rev-parse", "HEAD")


def test_a_directory_that_is_not_in_the_commit_has_only_scripts_that_differ(
    file: Path, git: Callable[..., str]
) -> None:
    git("add", ".")
    git("commit", "-qm", "One")
    new = file.parent / "new"
    new.mkdir()
    (new / "job.sh").write_bytes(TEXT)
    assert describe("job.sh", str(new)).commit == git("rev-parse", "HEAD") + "-dirty"


def test_a_repository_that_names_contents_by_sha256_is_understood(file: Path, tmp_path: Path, git: object) -> None:
    assert callable(git)
    below = tmp_path / "below"
    below.mkdir()
    (below / "job.sh").write_bytes(TEXT)
    subprocess.run(["git", "-C", str(below), "init", "-q", "--object-format=sha256"], check=True, timeout=60)
    person = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", str(below), "add", "."], check=True, timeout=60)
    subprocess.run(["git", "-C", str(below), *person, "commit", "-qm", "One"], check=True, timeout=60)
    commit = describe("job.sh", str(below)).commit
    assert len(commit) == 64


def test_nothing_that_a_repository_asks_for_is_run(file: Path, git: Callable[..., str]) -> None:
    ran = file.parent / "ran"
    spy = file.parent / ".git" / "spy"
    spy.write_text(f"#!/bin/sh\necho $0 $* >> {ran}\ncat\n")
    spy.chmod(0o755)
    git("add", ".")
    git("commit", "-qm", "One")
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman"):
        (file.parent / ".git" / "hooks").mkdir(exist_ok=True)
        (file.parent / ".git" / "hooks" / hook).symlink_to(spy)
    (file.parent / ".gitattributes").write_text("* filter=spy diff=spy\n")
    for name, value in {
        "core.fsmonitor": str(spy),
        "filter.spy.clean": str(spy),
        "filter.spy.process": str(spy),
        "diff.external": str(spy),
        "diff.spy.textconv": str(spy),
        "core.pager": str(spy),
        "alias.rev-parse": f"!{spy}",
    }.items():
        git("config", name, value)
    index = (file.parent / ".git" / "index").stat()
    later(file)
    assert describe(str(file), "/").commit
    file.write_bytes(TEXT + b"# more\n")
    assert describe(str(file), "/").commit.endswith("-dirty")
    assert not ran.exists()
    assert (file.parent / ".git" / "index").stat().st_mtime_ns == index.st_mtime_ns
    git("status")
    assert ran.exists(), "the traps would have been sprung"


def test_a_hook_that_adds_a_job_does_not_lead_to_its_own_repository(
    file: Path, tmp_path_factory: pytest.TempPathFactory, git: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    git("add", ".")
    git("commit", "-qm", "One")
    commit = git("rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(tmp_path_factory.mktemp("other")))
    assert describe(str(file), "/").commit == commit


@pytest.mark.parametrize("behaviour", ["exec sleep 60", "exit 1", "kill -9 $$"])
def test_a_git_that_hangs_or_fails_costs_nothing_but_the_commit(
    file: Path, git: Callable[..., str], behaviour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    git("add", ".")
    git("commit", "-qm", "One")
    fake = file.parent / "bin"
    fake.mkdir()
    (fake / "git").write_text(f"#!/bin/sh\n{behaviour}\n")
    (fake / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake}:{os.environ['PATH']}")
    monkeypatch.setattr(script_snapshot, "GIT_S", 0.5)
    assert describe(str(file), "/").commit == ""


def test_without_git_there_is_no_commit(file: Path, git: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    git("add", ".")
    git("commit", "-qm", "One")
    monkeypatch.setenv("PATH", str(file.parent))
    assert describe(str(file), "/").commit == ""


def test_many_jobs_at_once_ask_git_once(file: Path, git: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(50):
        (file.parent / f"{number}.sh").write_bytes(TEXT + b"%d" % number)
    git("add", ".")
    git("commit", "-qm", "One")
    asked = file.parent / "asked"
    fake = file.parent / "bin"
    fake.mkdir()
    real = subprocess.run(["/bin/sh", "-c", "command -v git"], capture_output=True, text=True, check=True).stdout
    (fake / "git").write_text(f'#!/bin/sh\necho x >> {asked}\nexec {real.strip()} "$@"\n')
    (fake / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake}:{os.environ['PATH']}")
    monkeypatch.setattr(script_snapshot, "COMMIT_S", 60)
    commits = {describe(f"{number}.sh", str(file.parent)).commit for number in range(50)}
    assert commits == {git("rev-parse", "HEAD")}
    assert len(asked.read_text().split()) <= 2  # one of ours, one of the line above


def test_a_copy_is_made_once_and_runs(file: Path, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    file.chmod(0o4755)
    script = describe(str(file), "/", copy_to=str(copies))
    copy = Path(script.copy)
    assert copy == copies / script.sha256 / "job.sh"
    assert copy.read_bytes() == TEXT
    assert (copy.stat().st_mode & 0o7777, copies.stat().st_mode & 0o777) == (0o700, 0o700)
    assert subprocess.run([copy], capture_output=True, timeout=60, check=True).stdout == b"one\n"
    inode = copy.stat().st_ino
    assert describe(str(file), "/", copy_to=str(copies)) == script
    assert copy.stat().st_ino == inode
    assert [each.name for each in copies.iterdir()] == [script.sha256]


def test_the_copy_stays_while_the_script_goes_on(file: Path, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    first = describe(str(file), "/", copy_to=str(copies))
    file.write_bytes(TEXT + b"echo more\n")
    second = describe(str(file), "/", copy_to=str(copies))
    assert Path(first.copy).read_bytes() == TEXT
    assert Path(second.copy).read_bytes() == TEXT + b"echo more\n"
    assert changed(first, str(file)) == "script changed since it was added"
    assert changed(second, str(file)) == ""


def test_a_damaged_copy_is_made_again(file: Path, tmp_path: Path) -> None:
    script = describe(str(file), "/", copy_to=str(tmp_path / "copies"))
    Path(script.copy).write_bytes(b"")
    assert describe(str(file), "/", copy_to=str(tmp_path / "copies")) == script
    assert Path(script.copy).read_bytes() == TEXT


def test_a_very_large_script_is_copied_under_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as large:
        large.truncate(script_snapshot.LARGEST + 1)
    script = describe(str(path), "/", copy_to=str(tmp_path / "copies"))
    assert script.copy.endswith(f"{script.sha256}/large")
    assert os.path.getsize(script.copy) == script_snapshot.LARGEST + 1
    later(path)
    assert changed(script, str(path)) == ""


def test_a_copy_that_can_not_be_made_is_named(file: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(BadInputError, match=r"job\.sh: can't be copied: .*; add it without a copy"):
        describe(str(file), "/", copy_to=str(tmp_path / "taken"))


def test_a_copy_is_what_its_hash_says_while_the_script_is_written_all_the_time(tmp_path: Path) -> None:
    path, copies = tmp_path / "job.sh", tmp_path / "copies"
    path.write_bytes(b"0" * 300_000)
    over = threading.Event()

    def write() -> None:
        number = 0
        while not over.is_set():
            number += 1
            with path.open("r+b") as file:
                for _ in range(10):
                    file.write(b"%d" % (number % 10) * 30_000)

    writer = threading.Thread(target=write)
    writer.start()
    made = refused = 0
    try:
        for _ in range(60):
            try:
                script = describe(str(path), "/", copy_to=str(copies))
            except BadInputError as error:
                refused += "being written all the time" in str(error)
            else:
                made += 1
                assert hashlib.sha256(Path(script.copy).read_bytes()).hexdigest() == script.sha256
    finally:
        over.set()
        writer.join()
    assert made + refused == 60  # how many of each hangs on how fast the disk is
    assert not [each for each in copies.iterdir() if each.name.startswith(".new-")]
    assert describe(str(path), "/", copy_to=str(copies)).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_two_that_copy_at_once_make_one(file: Path, tmp_path: Path) -> None:
    found: list[Script] = []
    threads = [
        threading.Thread(target=lambda: found.append(describe(str(file), "/", copy_to=str(tmp_path / "copies"))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert Path(found[0].copy).read_bytes() == TEXT
