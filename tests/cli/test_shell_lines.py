"""Lines for a shell: run where the user asks for one, refused with what to type where none would run them."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Cli

Script = Callable[..., str]


@pytest.mark.quick
@pytest.mark.parametrize("flag", ["--shell", "-c"])
def test_a_shell_runs_a_line_and_every_door_says_what_was_typed(cli: Cli, tmp_path: Path, flag: str) -> None:
    line = 'A=1; echo "$A b" > out 2>&1 && tr b c < out | cat; echo o*t # all'
    assert cli("add", flag, line, cwd=tmp_path) == "1\n"
    cli.drain()
    assert cli("log", "1") == "1 c\nout\n"
    job = cli.job(1)
    assert (job["path"], job["args"], job["options"]["shell"], job["name"]) == ("/bin/sh", ["-c", line], True, "echo")
    assert f"Shell line {line}\n" in cli("show", "1")
    assert cli("list").splitlines()[1].endswith(line)
    cli("clone", "--hold", "1")
    cli("clone", "--hold", "1", "b | c")
    assert [cli.job(number)["args"] for number in (2, 3)] == [["-c", line], ["-c", "b | c"]]
    cli("edit", "2", "make all > log")
    assert (cli.job(2)["args"], cli.job(2)["name"]) == (["-c", "make all > log"], "make")
    exported = [json.loads(each) for each in cli("export").splitlines()]
    assert exported[1]["args"] == ["-c", "make all > log"]
    cli("remove", "--cancel", "2")
    assert cli.process("import", "-", given=json.dumps(exported[1]).encode()).returncode == 0
    assert "Shell line make all > log\n" in cli("show", "4")


def test_a_line_of_a_file_or_an_object_is_a_shells_where_the_user_says_so(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "lines"
    file.write_text(
        '# comment\necho a && echo b\n{ echo c; echo d; }\n{"shell": "echo e | cat"}\n'
        '{"path": "echo f;", "shell": true}\n{"path": "echo", "args": ["&&"], "shell": false}\n'
    )
    assert cli("add", "--from", str(file), "--shell") == "1\n2\n3\n4\n5\n"
    cli.drain()
    assert [cli("log", str(number)) for number in range(1, 6)] == ["a\nb\n", "c\nd\n", "e\n", "f\n", "&&\n"]
    file.write_text('echo plain\n{"shell": "echo $((1 + 1))"}\n')
    cli("add", "--from", str(file))
    cli.drain()
    assert [cli("log", str(number)) for number in (6, 7)] == ["plain\n", "2\n"]
    file.write_text('{"shell": "echo a", "args": ["b"]}\n')
    assert "put quotes around the whole line" in cli.error("add", "--from", str(file))


def test_templates_schedules_and_sweeps_take_shell_lines(cli: Cli) -> None:
    cli("template", "save", "--shell", "piped", "a/b | c")
    assert cli("template", "list") == "piped: --shell 'a/b | c'\n"
    cli("add", "--hold", "--template", "piped")
    cli("add", "--hold", "--template", "piped", "echo", "x")
    assert [cli.job(number)["args"] for number in (1, 2)] == [["-c", "a/b | c"], ["x"]]
    cli("schedule", "add", "--yes", "--every", "1h", "--shell", "hourly", "a && b")
    assert "a && b" in cli("schedule", "list")
    cli("add", "--hold", "--sweep", "--yes", "--shell", "echo {1..2} | cat")
    assert [cli.job(number)["args"][1] for number in (3, 4)] == ["echo 1 | cat", "echo 2 | cat"]


def test_an_edit_turns_a_shell_on_and_off(cli: Cli) -> None:
    cli("add", "--hold", "echo", "a b")
    cli("edit", "--shell", "1")
    assert cli.job(1)["args"] == ["-c", "/usr/bin/echo 'a b'"]
    cli("edit", "--no-shell", "1")
    assert cli.job(1)["args"] == ["a b"]
    assert "shell" not in cli.job(1)["options"]
    cli("edit", "--shell", "1", "a && b")
    assert "only a shell acts on &&; name a program with --path" in cli.error("edit", "--no-shell", "1")
    cli("edit", "--path", "true", "1")
    assert (cli.job(1)["name"], cli.job(1)["args"]) == ("true", [])
    assert "The shell line is empty" in cli.error("add", "--shell", " ")
    assert "there are 2; put quotes" in cli.error("add", "--shell", "echo", "hi")


SIGNS = [
    ("rm -rf build; ./a.sh done", ";"),
    ("./a.sh && ./a.sh", "&&"),
    ("./a.sh | cat", "|"),
    ("./a.sh > out 2>&1", ">"),
    ("./a.sh 2>&1", "2>&"),
    ("./a.sh &", "&"),
    ("(./a.sh)", "("),
    ("./a.sh *.txt", "*"),
    ("./a.sh a?", "?"),
    ("./a.sh [ab]", "["),
    ("./a.sh $HOME", "$HOME"),
    ('./a.sh "$HOME/x"', "$HOME"),
    ("./a.sh ${HOME}", "${HOME}"),
    ('./a.sh "\\$HOME"', "\\$"),
    ("./a.sh $(date)", "$("),
    ("./a.sh `date`", "`"),
    ("./a.sh ~/x", "~"),
    ("FOO=1 ./a.sh", "FOO=1"),
    ("./a.sh 1 # once", "#"),
]


def test_a_line_that_only_a_shell_acts_on_is_never_run_literally(cli: Cli, script: Script, tmp_path: Path) -> None:
    script("a.sh", "#!/bin/sh\necho ran\n")
    for line, sign in SIGNS:
        done = cli.process("add", "--from", "-", cwd=tmp_path, given=f"./a.sh\n{line}\n".encode())
        says = f"tui-queue: Line 2: {line}: only a shell acts on {sign}; type `add --from FILE --shell` where all"
        assert (done.returncode, done.stderr.decode()[: len(says)]) == (2, says)
    assert (tmp_path / "a.sh").exists()
    assert cli.jobs() == {}


@pytest.mark.parametrize("line", ["rm -rf build; ./a.sh done", "echo $((1 + 1)) 'a b'"])
def test_a_line_as_the_only_word_is_refused_with_what_to_type(cli: Cli, line: str) -> None:
    sign = "$(" if "$" in line else ";"
    error = cli.error("add", line)
    assert f"{line}: no such file, and only a shell acts on {sign}; type `tui-queue add --shell " in error
    command = error.split("`")[1]
    cli(*shlex.split(command)[1:])
    cli.drain(code=cli.job(1)["args"][1] != line or "rm" in line)
    assert cli.job(1)["args"] == ["-c", line]


def test_a_line_that_deleted_a_script_runs_as_the_shell_has_it(cli: Cli, script: Script, tmp_path: Path) -> None:
    script("a.sh", "#!/bin/sh\necho $1\n")
    (tmp_path / "build").mkdir()
    (tmp_path / "lines").write_text("rm -rf build; ./a.sh done\n")
    cli("add", "--from", "lines", "--shell", cwd=tmp_path)
    cli.drain()
    assert (cli("log", "1"), (tmp_path / "build").exists(), (tmp_path / "a.sh").exists()) == ("done\n", False, True)


def test_what_is_quoted_or_a_file_is_no_shells(cli: Cli, script: Script, tmp_path: Path) -> None:
    for name in ("a;b.sh", "a & b.sh", "x=1.sh", "data[1]*.csv"):
        script(name, '#!/bin/sh\nprintf "%s|" "$@"\n')
    lines = [
        "./a;b.sh 1",
        "./a & b.sh",
        "x=1.sh 2",
        r"""./a;b.sh '*' ";" \$HOME 'a b' a#b --lr=1 a~ $ [ {1,2}""",
        "./a;b.sh data[1]*.csv",
    ]
    (tmp_path / "lines").write_text("\n".join(lines))
    cli("add", "--from", "lines", cwd=tmp_path)
    cli("add", "a & b.sh", cwd=tmp_path)
    cli.drain()
    shown = [cli("log", str(number)) for number in range(1, 7)]
    words = "*|;|$HOME|a b|a#b|--lr=1|a~|$|[|{1,2}|"
    assert shown == ["1|", "|", "2|", words, "data[1]*.csv|", "|"]


def test_a_whole_command_in_quotes_is_told_what_to_type(cli: Cli) -> None:
    assert "type its words without quotes around them all, or `tui-queue add --shell 'sleep 5'`" in cli.error(
        "add", "sleep 5"
    )
    assert "FOO=1: no such file; set a variable with `--env FOO=1`" in cli.error("add", "FOO=1", "env")
    assert "only a shell acts on &&" in cli.process("add", "--from", "-", given=b'{"path": "a && b"}').stderr.decode()
