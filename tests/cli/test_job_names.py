"""The name of a job that the user gives none, by which statistics and estimates are kept apart."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Cli

Script = Callable[..., str]


NAMED = [
    (["--shell", "python3 a.py && python3 b.py"], "a.py"),
    (["--shell", "sleep 5; echo done"], "sleep"),
    (["--shell", "cd /tmp && A=1 ./make.sh all"], "make.sh"),
    (["--shell", ". ./venv; exec bash -e run.sh"], "run.sh"),
    (["--shell", "cd /tmp"], "cd"),
    (["--shell", "trap : TERM; [ -e x ] && ./run.sh"], "run.sh"),
    (["--shell", "for i in 1 2; do ./run.sh $i; done"], "sh"),
    (["--shell", "echo 'open"], "echo"),
    (["--shell", "&&"], "sh"),
    (["bash", "-euo", "pipefail", "x.sh", "1"], "x.sh"),
    (["bash", "-o", "pipefail", "x.sh"], "x.sh"),
    (["bash", "-lc", "make && echo"], "make"),
    (["python3", "-W", "ignore", "-u", "jobs/x.py", "3"], "x.py"),
    (["python3", "-m", "http.server"], "http.server"),
    (["python3", "-c", "print(1)"], "python3"),
    (["python3"], "python3"),
    (["echo", "x.py"], "echo"),
]


def test_an_interpreter_job_is_called_by_what_it_runs(cli: Cli) -> None:
    for words, _ in NAMED[:3]:
        cli("add", "--hold", *words)
    lines = [
        {"path": words[-1] if "--shell" in words else words[0], "args": [] if "--shell" in words else words[1:]}
        | {"shell": "--shell" in words}
        for words, _ in NAMED[3:]
    ]
    cli.process("add", "--hold", "--from", "-", given="\n".join(map(json.dumps, lines)).encode())
    names = [job["name"] for _, job in sorted(cli.jobs().items())]
    assert names == [name for _, name in NAMED]
    cli("add", "--hold", "--name", "mine", "python3", "x.py")
    cli("add", "--hold", "--name", "mine", "--shell", "a | b")
    assert [cli.job(len(NAMED) + place)["name"] for place in (1, 2)] == ["mine", "mine"]


def test_an_edit_a_sweep_and_lines_follow_the_script(cli: Cli, tmp_path: Path) -> None:
    cli("add", "--hold", "sh", "a.sh")
    cli("edit", "1", "b.sh")
    cli("add", "--hold", "--sweep", "--yes", "sh", "{c,d}.sh")
    (tmp_path / "lines").write_text("sh e.sh\nsh f.sh\n")
    cli("add", "--hold", "--from", str(tmp_path / "lines"))
    cli("add", "--hold", "--name", "mine", "--from", str(tmp_path / "lines"))
    names = [cli.job(number)["name"] for number in range(1, 8)]
    assert names == ["b.sh", "c.sh", "d.sh", "e.sh", "f.sh", "mine", "mine"]


def test_estimates_and_statistics_are_those_of_the_script(cli: Cli, script: Script) -> None:
    path = script("quick.sh", "sleep 0.3\n")
    lines = "".join(f"sh '{path}' {number}\n" for number in range(5))
    cli.process("add", "--from", "-", given=lines.encode())
    cli.drain()
    cli("add", "--hold", "sh", script("new.sh", ""))
    cli("add", "--hold", "sh", path, "9")
    assert "Estimate" not in cli("show", "6")
    assert "Estimate" in cli("show", "7")
    groups = {group["name"]: group["jobs"] for group in json.loads(cli("stats", "--json"))["groups"]}
    assert groups == {"quick.sh": 5}
