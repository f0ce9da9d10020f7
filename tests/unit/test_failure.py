"""Explains failures of real programs."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest

from tests.conftest import missing
from tui_queue.core.analysis.failure import SHOWN, TAIL, clues, diagnose, explain_exit, explain_signal, last_lines
from tui_queue.core.model.job import State
from tui_queue.core.model.reason import CANCELLED, Reason, ReasonKind


@dataclass
class End:
    """How a real process ended, as a run's watcher would record it."""

    exit_code: int | None
    signal: int | None
    tail: bytes

    def why(self, **known: int | str) -> tuple[str, ...]:
        reason = f"exit {self.exit_code}" if self.signal is None else f"signal {self.signal} (…)"
        found: dict[str, object] = {"oom": "", "disk_free": None, **known}
        oom, free = found["oom"], found["disk_free"]
        assert isinstance(oom, str)
        assert free is None or isinstance(free, int)
        return diagnose(
            state=State.FAILED,
            reason=Reason.parse(reason),
            exit_code=self.exit_code,
            signal=self.signal,
            oom=oom,
            disk_free=free,
            tail=self.tail,
        )


def run(*words: str) -> End:
    # No core file is left behind, and every message is in English.
    done = subprocess.run(
        ["sh", "-c", 'ulimit -c 0; exec "$@"', "sh", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "LC_ALL": "C"},
        timeout=60,
        check=False,
    )
    code = done.returncode
    return End(code if code >= 0 else None, -code if code < 0 else None, done.stdout)


def python(code: str) -> End:
    return run(sys.executable, "-c", code)


def bash(code: str) -> End:
    if not os.path.exists("/bin/bash"):
        missing("bash is not installed")
    return run("/bin/bash", "-c", code)


def test_a_python_that_runs_out_of_memory_says_so() -> None:
    code = "import resource as r; r.setrlimit(r.RLIMIT_AS, (2**28, 2**28)); x = bytearray(2**30)"
    assert python(code).why() == (
        "Exit 1: a general error (by convention; a program may mean something else).",
        "Memory ran out; it printed: MemoryError",
    )


def test_a_segmentation_fault_is_named_by_the_kernel() -> None:
    end = python("import ctypes; ctypes.string_at(0)")
    assert end.signal == 11
    assert end.why() == (
        "Signal 11 (SIGSEGV): segmentation fault: it read or wrote memory that is not its own (the kernel's word).",
    )


def test_a_segmentation_fault_of_a_child_is_seen_through_its_shell() -> None:
    end = bash(f"{sys.executable} -c 'import ctypes; ctypes.string_at(0)'; exit $?")
    assert end.exit_code == 139
    first, second = end.why()
    assert first.startswith("Exit 139: a process it started was ended by signal 11 (SIGSEGV): segmentation fault")
    assert second.startswith("A process crashed; it printed: /bin/bash: line 1: ")
    assert "Segmentation fault" in second


def test_an_abort_is_named() -> None:
    end = python("import os; os.abort()")
    assert end.why() == ("Signal 6 (SIGABRT): it aborted itself, after a check that failed (the kernel's word).",)


def test_a_full_disk_is_seen_in_the_output() -> None:
    if not os.path.exists("/dev/full"):
        missing("there is no /dev/full here")
    end = run("dd", "if=/dev/zero", "of=/dev/full", "count=1")
    assert end.exit_code == 1
    assert end.why()[1] == ("No room left on a disk; it printed: dd: writing to '/dev/full': No space left on device")
    end = python("with open('/dev/full', 'w') as f: f.write('x')")
    assert end.why()[-1].endswith("it printed: OSError: [Errno 28] No space left on device")


def test_a_full_disk_is_seen_when_nothing_could_be_printed_any_more() -> None:
    end = End(1, None, b"")
    assert end.why(disk_free=0)[-1] == "The disk was full: 0 bytes left (measured at its end)."
    assert end.why(disk_free=5 * 2**20)[-1] == "The disk was full: 5M left (measured at its end)."
    assert len(end.why(disk_free=2**40)) == 1


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_command_that_is_not_there_is_named(shell: str) -> None:
    if not os.path.exists(f"/bin/{shell}"):
        missing(f"{shell} is not installed")
    end = run(f"/bin/{shell}", "-c", "no-such-command --now")
    assert end.exit_code == 127
    first, second = end.why()
    assert first.startswith("Exit 127: command not found")
    assert second.startswith("A command was not found; it printed: /bin/")


def test_a_file_that_can_not_be_executed_is_named() -> None:
    end = bash("/etc/passwd")
    assert end.exit_code == 126
    first, second = end.why()
    assert first.startswith("Exit 126: found, but it can't be executed")
    assert second == (
        "It was not allowed to do something; it printed: /bin/bash: line 1: /etc/passwd: Permission denied"
    )


def test_a_child_that_was_killed_is_told_from_a_program_that_was() -> None:
    end = bash("sh -c 'kill -9 $$'; exit $?")
    assert end.exit_code == 137
    first, second = end.why()
    assert "a process it started was ended by signal 9 (SIGKILL): killed – by a person" in first
    assert second.startswith("A process was killed, maybe since memory ran out; it printed: ")
    end = run("sh", "-c", "kill -9 $$")
    assert end.why() == (
        "Signal 9 (SIGKILL): killed – by a person, a program, or the kernel when memory ran out (the kernel's word).",
    )
    assert end.why(oom="cgroup") == (
        "Out of memory: its cgroup had used up its memory, and the kernel killed it (the kernel's own record).",
    )
    assert end.why(oom="kernel")[0].startswith("Out of memory: the machine had no memory left")


def test_limits_of_the_shell_are_named() -> None:
    end = bash("ulimit -S -t 1; while :; do :; done")
    assert end.signal == 24
    assert "more processor time than its limit" in end.why()[0]
    end = python("import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (9, 9)); x = [open('/dev/null') for _ in 'a' * 9]")
    assert end.why()[-1].startswith("Too many files were open (ulimit -n); it printed: OSError: [Errno 24]")


def test_a_missing_module_is_named() -> None:
    end = python("import torchh.nn")
    assert end.why()[1] == (
        "A Python module is missing: torchh; it printed: ModuleNotFoundError: No module named 'torchh'"
    )


def test_an_exception_is_the_last_line_of_its_traceback() -> None:
    end = python("try:\n 1/0\nexcept Exception as e:\n raise ValueError('no\\nsuch\\nluck') from e")
    assert end.why()[1:] == ("A Python exception; it printed: ValueError: no",)
    assert python("def (").why()[1:] == ("A Python exception; it printed: SyntaxError: invalid syntax",)
    assert python("class Odd(Exception): pass\nraise Odd").why()[1:] == ("A Python exception; it printed: Odd",)
    end = python("import asyncio\nasync def f(): raise KeyError(3)\nasyncio.run(f())\nprint('never')")
    assert end.why()[1:] == ("A Python exception; it printed: KeyError: 3",)


@pytest.mark.quick
def test_a_traceback_in_colours_and_boxes_is_read() -> None:
    code = "from rich.traceback import install; install(); raise RuntimeError('in [b]boxes')"
    assert python(code).why()[1:] == ("A Python exception; it printed: RuntimeError: in [b]boxes",)
    coloured = (
        b'Traceback (most recent call last):\n  File \x1b[35m"a.py"\x1b[0m, line 1\n\x1b[1;35mValueError\x1b[0m: x\n'
    )
    assert clues(coloured) == ("A Python exception; it printed: ValueError: x",)


def test_a_service_that_is_not_there_is_named() -> None:
    end = python("import socket; socket.create_connection(('127.0.0.1', 1), 5)")
    assert end.why()[1].startswith("Another machine or service could not be reached; it printed: ConnectionRefused")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"terminate called after throwing an instance of 'std::bad_alloc'", "Memory ran out"),
        (b"torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB.", "The GPU's memory ran out"),
        (b"numpy.core._exceptions._ArrayMemoryError: Unable to allocate 8.00 TiB", "Memory ran out"),
        (b"fork: Cannot allocate memory", "Memory ran out"),
        (b"Killed", "A process was killed, maybe since memory ran out"),
        (b"cp: error writing 'x': Disk quota exceeded", "A disk quota is used up"),
        (b"ssh: connect to host h port 22: Connection timed out", "Another machine or service"),
        (b"rm: cannot remove 'x': Operation not permitted", "It was not allowed to do something"),
    ],
)
def test_what_programs_print_is_known(line: bytes, says: str) -> None:
    assert clues(b"begin\n" + line + b"\nend\n") == (f"{clues(line)[0]}",)
    assert clues(line)[0].startswith(says)
    assert clues(line)[0].endswith(f"; it printed: {line.decode()}")


@pytest.mark.quick
@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"Killed 3 zombies\nall fine\n",
        b"MemoryErrors: none\n",
        b"ValueError: not below a traceback\n",
        b"fallout of memory lane\n",
        b"segment 3 of 4: fault tolerance on\n",
    ],
)
def test_harmless_output_gives_no_clue(text: bytes) -> None:
    assert clues(text) == ()


def test_the_latest_clue_comes_first_and_each_kind_once() -> None:
    text = b"a: Permission denied\nb: Connection refused\nc: Permission denied\n"
    assert clues(text) == (
        "It was not allowed to do something; it printed: c: Permission denied",
        "Another machine or service could not be reached; it printed: b: Connection refused",
    )


def test_a_printed_line_is_short_and_holds_what_was_found() -> None:
    for before in (0, 50, 79, 80, 81, 100, 5000):
        for after in (0, 10, 5000):
            line = b"x" * before + b" Permission denied" + b"y" * after
            shown = clues(line)[0].partition("; it printed: ")[2]
            assert len(shown) <= SHOWN
            assert "Permission denied" in shown, (before, after)


def test_nothing_that_was_printed_reaches_the_terminal_as_it_is() -> None:
    text = b"\x1b]0;title\x07\x1b[31mbad\x1b[0m\x01\x9b2J\xff\xe2\x80\xae: Permission denied\n"
    for shown in (*clues(text), *last_lines(text, 3)):
        assert shown.isprintable()
    assert last_lines(text, 1) == ("bad^A\\x9b2J\\xff\\u202e: Permission denied",)


def test_any_bytes_are_read_fast() -> None:
    for text in (
        os.urandom(3 * TAIL),
        b"\x1b]" * TAIL,
        b"\x1b[" * TAIL,
        b"1 " * TAIL,
        b"\b" * TAIL,
        b"a: 1: " * TAIL,
        b"\r" * TAIL,
        b"\n" * TAIL,
        b'  File "\n' * TAIL,
        b"a." * TAIL,
    ):
        began = time.process_time()
        clues(text)
        last_lines(text, 20)
        assert time.process_time() - began < 1, text[:10]


def test_of_long_output_only_the_end_counts() -> None:
    assert clues(b"Permission denied\n" + b"fine\n" * TAIL) == ()
    assert clues(b"fine\n" * TAIL + b"Permission denied\n") != ()


def test_the_last_lines_are_what_a_terminal_would_show() -> None:
    text = b"one\n\n\x1b[1mtwo\x1b[0m  \n 10%\r 50%\r100%\r\ntab\there\nab\b\bxy\n|\b/\b-\b\n"
    assert last_lines(text, 5) == ("two", "100%", "tab     here", "xy", "-")
    assert last_lines(text, 100)[0] == "one"
    assert last_lines(text, 0) == last_lines(b"", 5) == ()
    assert len(last_lines(b"x" * 10_000, 1)[0]) == 400


def test_what_the_queue_did_itself_comes_first_and_needs_no_signal() -> None:
    said = diagnose(
        state=State.FAILED,
        reason=Reason.parse("timeout"),
        exit_code=None,
        signal=15,
        tail=b"Connection refused\n",
        disk_free=2**40,
    )
    assert said[0] == "Timeout (the queue's own record)."
    assert said[1].startswith("Another machine")
    assert len(said) == 2
    assert diagnose(state=State.CANCELLED, reason=CANCELLED, exit_code=1, signal=None, tail=b"Killed\n") == (
        "Cancelled by user (the queue's own record).",
    )
    for reason in ("interrupted (outcome unknown)", "could not start: /a\x1bb: no such file"):
        (only,) = diagnose(state=State.FAILED, reason=Reason.parse(reason), exit_code=None, signal=None)
        assert only.isprintable()
        assert only.endswith("(the queue's own record).")


@pytest.mark.parametrize("state", [State.COMPLETED, State.PENDING, State.RUNNING])
def test_a_job_that_did_not_fail_needs_no_diagnosis(state: State) -> None:
    reason = Reason.of(ReasonKind.EXIT, code=3)
    assert diagnose(state=state, reason=reason, exit_code=3, signal=None, tail=b"Permission denied\n") == ()


@pytest.mark.quick
def test_codes_are_explained_where_they_mean_something() -> None:
    assert [explain_exit(code) for code in (0, 3, 42, 100, 250)] == [""] * 5
    assert explain_exit(130) == "ended by Ctrl-C (SIGINT)"
    assert explain_exit(143).startswith("a process it started was ended by signal 15 (SIGTERM): asked to end")
    assert explain_exit(78).startswith("EX_CONFIG")
    assert all(explain_exit(code) for code in (*range(64, 79), 1, 2, 126, 127, 137, 139, 255))


def test_every_signal_that_there_is_has_words_and_no_other() -> None:
    assert explain_signal(9) == "killed – by a person, a program, or the kernel when memory ran out"
    assert all(explain_signal(number) for number in range(1, 32))
    assert [explain_signal(number) for number in (-1, 0, 999)] == [""] * 3
