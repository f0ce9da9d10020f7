"""The environment of a job: captured when it is added, kept on disk once, given to each of its runs."""

import json
import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Cli, nicer, wait_for

Script = Callable[..., str]
SHOW = "#!/bin/sh\nexec env -0 | tr '\\0' '\\n'\n"
OLD_S = 2 * 86_400  # an environment that is older than that is removed once no job needs it


def with_env(cli: Cli, **variables: str) -> Cli:
    """Return the same queue as a shell uses it that has these variables too."""
    return replace(cli, env={**cli.env, **variables})


def variables_of(cli: Cli, number: int) -> dict[str, str]:
    """Return the environment that a job has printed."""
    lines = cli("log", str(number)).splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def environments(cli: Cli) -> list[Path]:
    return sorted((cli.home / "environments").iterdir())


@pytest.mark.quick
def test_a_job_has_the_variables_of_the_shell_that_adds_it(cli: Cli, script: Script) -> None:
    show = script("show.sh", SHOW)
    with_env(cli, LR="0.2", PATH=f"/opt/mine:{cli.env['PATH']}")("add", show)
    with_env(cli, LR="0.1").drain()
    seen = variables_of(cli, 1)
    assert seen["LR"] == "0.2"
    assert seen["PATH"].startswith("/opt/mine:")


def test_a_job_has_neither_the_terminal_nor_the_session_of_the_shell_that_adds_it(cli: Cli) -> None:
    names = "TERM COLUMNS LINES SHLVL OLDPWD TMUX TMUX_PANE STY SSH_TTY SSH_CONNECTION SLURM_JOB_ID MAKEFLAGS"
    names += " VSCODE_PID TERM_PROGRAM INVOCATION_ID LISTEN_FDS BUILD_ID"
    shell = with_env(cli, **dict.fromkeys(names.split(), "1"), **{"BASH_FUNC_module%%": "() { :; }"})
    shell("add", "--cwd", "/", "env")
    cli.drain()
    seen = variables_of(cli, 1)
    assert not set(names.split()) & seen.keys()
    assert "BASH_FUNC_module%%" in seen
    assert seen["PWD"] == "/"
    assert seen["TUI_QUEUE_HOME"] == str(cli.home)


def test_the_settings_name_variables_to_leave_out(cli: Cli, script: Script) -> None:
    cli.settings('leave_out = ["SECRET", "AWS_*"]')
    with_env(cli, SECRET="1", AWS_KEY="2", OTHER="3")("add", script("show.sh", SHOW))
    cli.drain()
    assert not {"SECRET", "AWS_KEY"} & variables_of(cli, 1).keys()
    assert variables_of(cli, 1)["OTHER"] == "3"


def test_a_job_has_the_umask_the_limits_the_nice_level_and_the_processors_of_its_shell(
    cli: Cli, script: Script
) -> None:
    last = max(os.sched_getaffinity(0))
    job = script("job.sh", "#!/bin/sh\numask\nulimit -Sn\nnice\ntaskset -pc $$ | sed 's/.* //'\n")
    add = shlex.join(map(os.fsdecode, cli.words("add", job)))
    shell = f"umask 027; ulimit -Sn 300; exec nice -n 4 taskset -c {last} {add}"
    subprocess.run(["sh", "-c", shell], env=cli.env, cwd=Path(__file__).parents[2], check=True, capture_output=True)
    cli.drain()
    assert cli("log", "1").split() == ["0027", "300", str(nicer(4)), str(last)]
    assert f"umask 027, nice {nicer(4)}, processors {last}" in cli("show", "1")


def test_a_job_is_at_least_as_nice_as_its_scheduler(cli: Cli, script: Script) -> None:
    cli("add", script("job.sh", "#!/bin/sh\nnice\n"))
    subprocess.run(["nice", "-n", "7", *cli.words("run", "--until-empty")], env=cli.env, check=True)
    assert cli("log", "1").strip() == str(nicer(7))


def test_show_says_where_the_scheduler_could_not_give_what_was_captured(cli: Cli, script: Script) -> None:
    if nicer(9) - nicer(0) < 9:
        pytest.skip("the tests run at so high a nice level that there are not enough above it")
    first = min(os.sched_getaffinity(0))
    cli("add", script("job.sh", "#!/bin/sh\nnice; ulimit -Sn\n"))
    cli("add", "--nice", str(nicer(9)), script("nicer.sh", "#!/bin/sh\nnice\n"))
    run = shlex.join(map(os.fsdecode, cli.words("run", "--until-empty")))
    subprocess.run(["sh", "-c", f"ulimit -n 200; exec nice -n 7 taskset -c {first} {run}"], env=cli.env, check=True)
    assert cli("log", "1").split() == [str(nicer(7)), "200"]
    assert cli("log", "2").split() == [str(nicer(9))]
    given = f"processors {first}, limit nofile 200"
    assert f"the scheduler could give only nice {nicer(7)}, {given}" in " ".join(cli("show", "1").split())
    assert f"the scheduler could give only {given}" in " ".join(cli("show", "2").split())


def test_variables_that_name_a_session_that_is_gone_are_left_out(cli: Cli, script: Script, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "agent"))
        shell = with_env(
            cli,
            SSH_AUTH_SOCK=str(tmp_path / "agent"),
            XDG_RUNTIME_DIR=str(tmp_path),
            DBUS_SESSION_BUS_ADDRESS=f"unix:path={tmp_path}/bus,guid=1",
            WAYLAND_DISPLAY="wayland-0",
            DISPLAY=":77",
        )
        shell("add", script("show.sh", SHOW))
        cli.drain()
    seen = variables_of(cli, 1)
    assert seen["SSH_AUTH_SOCK"] == str(tmp_path / "agent")
    assert seen["XDG_RUNTIME_DIR"] == str(tmp_path)
    assert not {"DBUS_SESSION_BUS_ADDRESS", "WAYLAND_DISPLAY", "DISPLAY"} & seen.keys()


def test_retry_edit_and_clone_keep_the_environment_unless_it_is_captured_anew(cli: Cli, script: Script) -> None:
    show = script("show.sh", SHOW)
    first, second = with_env(cli, LR="1"), with_env(cli, LR="2")
    first("add", show)
    cli.drain()
    second("retry", "1")
    second("clone", "1")
    second("edit", "--priority", "3", "1")
    second("clone", "--capture-env", "1")
    cli.drain()
    assert [variables_of(cli, number)["LR"] for number in (1, 2, 3)] == ["1", "1", "2"]
    second("retry", "--capture-env", "1")
    second("edit", "--capture-env", "1")
    cli.drain()
    assert variables_of(cli, 1)["LR"] == "2"


def test_a_schedule_keeps_the_environment_in_which_it_was_made(cli: Cli, script: Script) -> None:
    with_env(cli, LR="5")("schedule", "add", "--every", "1h", "-y", "report", script("show.sh", SHOW))
    cli("schedule", "run", "report")
    cli("run", "--until-empty")
    assert variables_of(cli, 1)["LR"] == "5"


def test_env_with_a_name_alone_takes_the_value_from_the_shell(cli: Cli, script: Script) -> None:
    show = script("show.sh", SHOW)
    shell = with_env(cli, TOKEN="from here", OTHER="1", TERM="foot")
    shell("add", "--clean-env", "--env", "TOKEN", "--env", "SEED=7", show)
    shell("add", "--env", "TERM", show)
    cli.drain()
    seen = variables_of(cli, 1)
    assert (seen["TOKEN"], seen["SEED"]) == ("from here", "7")
    assert "OTHER" not in seen
    assert variables_of(cli, 2)["TERM"] == "foot"
    assert "NOT_SET: not set here; write NOT_SET=VALUE" in cli.error("add", "--env", "NOT_SET", show)


def test_an_edit_takes_further_variables_from_the_shell(cli: Cli, script: Script) -> None:
    with_env(cli, LR="1")("add", script("show.sh", SHOW))
    with_env(cli, LR="2", TOKEN="t")("edit", "--env", "TOKEN", "1")
    cli.drain()
    seen = variables_of(cli, 1)
    assert (seen["LR"], seen["TOKEN"]) == ("1", "t")


def test_values_that_the_user_gives_outlive_whatever_does_not_change_them(cli: Cli, script: Script) -> None:
    show = script("show.sh", SHOW)
    cli("add", "--env", "SEED=7", "--env", "LR=0.1", show)
    cli.drain()
    others = with_env(cli, SEED="8", LR="0.2")
    others("retry", "--capture-env", "1")
    others("clone", "1")
    others("clone", "--capture-env", "1")
    others("clone", "--env", "SEED", "1")
    others("clone", "--env", "SEED=9", "1")
    others("edit", "--priority", "1", "2")
    others("edit", "--capture-env", "3")
    cli.drain()
    seen = [variables_of(cli, number) for number in (1, 2, 3, 4, 5)]
    assert [each["SEED"] for each in seen] == ["7", "7", "7", "7", "9"]
    assert [each["LR"] for each in seen] == ["0.1"] * 5
    assert {"SEED=7", "LR=0.1"} <= set(cli("show", "--env", "--values", "3").splitlines())


def test_a_changed_job_keeps_the_variables_that_it_was_given_but_for_those_that_change(
    cli: Cli, script: Script
) -> None:
    show = script("show.sh", SHOW)
    shell = with_env(cli, TOKEN="from here")
    shell("add", "--env", "SEED=7", "--env", "LR=0.1", "--env", "TOKEN", "--clean-env", show)
    cli("edit", "1", "--env", "LR=0.2", "--env", "NEW=x")
    cli("clone", "1", "--no-env", "SEED", "--env", "LR=0.3")
    cli("edit", "1", "--no-env", "NEW")
    cli("schedule", "add", "--every", "1h", "-y", "--env", "SEED=1", "--env", "LR=1", "report", show)
    cli("schedule", "edit", "report", "-y", "--env", "LR=2", "--no-env", "SEED")
    cli("schedule", "run", "report")
    cli("template", "save", "--env", "SEED=4", "--env", "LR=4", "short", show)
    cli("add", "--template", "short", "--env", "LR=5", "--no-env", "SEED")
    cli.drain()
    cli("retry", "1")
    cli.drain()
    wanted = ("SEED", "LR", "TOKEN", "NEW")
    seen = [[variables_of(cli, number).get(name) for name in wanted] for number in (1, 2, 3, 4)]
    assert seen == [
        ["7", "0.2", "from here", None],
        [None, "0.3", "from here", "x"],
        [None, "2", None, None],
        [None, "5", None, None],
    ]


def test_a_variable_that_was_not_given_cannot_be_taken_away(cli: Cli) -> None:
    cli("add", "--hold", "--env", "SEED=7", "true")
    said = "--no-env NOT_SET: no such variable was set with --env; set: SEED."
    assert said in cli.error("edit", "1", "--no-env", "NOT_SET")
    assert said in cli.error("clone", "1", "--no-env", "NOT_SET")
    assert "SEED: either --env or --no-env." in cli.error("edit", "1", "--no-env", "SEED", "--env", "SEED=1")
    assert cli.job(1)["options"]["env"] == [["SEED", None]]


def test_schedules_templates_imports_and_lines_keep_the_values_that_they_give(
    cli: Cli, script: Script, tmp_path: Path
) -> None:
    show = script("show.sh", SHOW)
    cli("schedule", "add", "--every", "1h", "-y", "--env", "TOKEN=s3cr3t-1", "report", show)
    cli("schedule", "edit", "-y", "--every", "2h", "report")
    cli("schedule", "run", "report")
    cli("template", "save", "--env", "TOKEN=s3cr3t-2", "--env", "HOME", "short", show)
    cli("add", "--template", "short")
    lines = [{"path": show, "env": [f"TOKEN=s3cr3t-{number}"]} for number in (3, 4, 4)]
    (tmp_path / "jobs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    cli("add", "--from", str(tmp_path / "jobs.jsonl"))
    (tmp_path / "out.jsonl").write_text(cli("export", "--values"))
    cli("run", "--until-empty")
    assert [variables_of(cli, number)["TOKEN"][-1] for number in (1, 2, 3, 4, 5)] == ["1", "2", "3", "4", "4"]
    stored = b"".join(file.read_bytes() for file in cli.home.rglob("*.db*"))
    assert b"s3cr3t" not in stored
    assert len([file for file in environments(cli) if file.name.startswith("v")]) == 4
    for words in (["template", "list"], ["template", "list", "--json"], ["schedule", "list", "--json"]):
        assert "s3cr3t" not in cli(*words), words

    other = replace(cli, home=tmp_path / "other", env={**cli.env, "TUI_QUEUE_HOME": str(tmp_path / "other")})
    other("import", str(tmp_path / "out.jsonl"))
    other("run", "--until-empty")
    assert variables_of(other, 3)["TOKEN"] == "s3cr3t-3"
    assert b"s3cr3t" not in (tmp_path / "other" / "queue.db").read_bytes()


@pytest.mark.parametrize("damage", ["removed", "other bytes"])
def test_values_that_are_lost_are_told_and_can_be_given_again(cli: Cli, script: Script, damage: str) -> None:
    cli("add", "--env", "SEED=7", script("show.sh", SHOW))
    (file,) = (file for file in environments(cli) if file.name.startswith("v"))
    if damage == "removed":
        file.unlink()
    else:
        file.write_bytes(b"?" + file.read_bytes()[1:])
    cli.drain(code=1)
    assert "the values of the variables that were set for this job can't be read" in cli("show", "1")
    assert "can't be read" in cli.error("clone", "1")
    cli("edit", "--env", "SEED=8", "1")
    cli("retry", "1")
    cli.drain()
    assert variables_of(cli, 1)["SEED"] == "8"


def test_values_are_removed_with_the_last_job_that_has_them(cli: Cli) -> None:
    cli.settings("slots = 1")
    for seed in ("1", "2"):
        cli("add", "--env", f"SEED={seed}", "true")
    cli("template", "save", "--env", "SEED=3", "short")
    cli("schedule", "add", "--every", "1h", "-y", "--env", "SEED=4", "report", "true")
    cli("run", "--until-empty")
    shutil.rmtree(cli.home / "backups", ignore_errors=True)
    for file in environments(cli):
        os.utime(file, (time.time() - OLD_S,) * 2)
    cli("clean", "--keep", "1", "--yes")
    assert len([file for file in environments(cli) if file.name.startswith("v")]) == 3
    assert "SEED=2" in cli("show", "--env", "--values", "2")
    cli("add", "--template", "short", "true")
    assert "SEED=3" in cli("show", "--env", "--values", "3")
    cli("schedule", "run", "report")
    assert "SEED=4" in cli("show", "--env", "--values", "4")


def test_no_secret_is_in_the_database_a_report_or_a_command_line(cli: Cli, script: Script) -> None:
    job = script("job.sh", "#!/bin/sh\nps -eo args | grep -c '[s]3cr3t'\n")
    shell = with_env(cli, TOKEN="s3cr3t-1", KEY="s3cr3t-2")
    shell("add", "--env", "KEY", job)
    shell("add", "--env", "HIDDEN=s3cr3t-3", "true")
    runner = cli.start("run", "--until-empty")
    runner.communicate(timeout=60)
    assert cli("log", "1").strip() == "0"
    stored = b"".join(file.read_bytes() for file in cli.home.glob("queue.db*"))
    assert b"s3cr3t" not in stored
    for words in (["list", "--json"], ["show", "2"], ["show", "2", "--json"], ["export"], ["show", "1", "--env"]):
        assert "s3cr3t" not in cli(*words), words
    assert "HIDDEN=s3cr3t-3" in cli("show", "--values", "2")
    assert "s3cr3t-3" in cli("export", "--values")
    assert "TOKEN=s3cr3t-1" in cli("show", "--env", "--values", "1")
    assert "TOKEN" in cli("show", "--env", "1").splitlines()
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in environments(cli))


def test_jobs_of_one_shell_share_one_file_and_another_shell_adds_what_differs(cli: Cli) -> None:
    big = {f"VARIABLE_{number}": os.urandom(200).hex() for number in range(20)}
    for _ in range(3):
        with_env(cli, **big)("add", "true")
    (first,) = environments(cli)
    with_env(cli, **big, LR="2")("add", "true")
    with_env(cli, **big, LR="3")("add", "true")
    sizes = sorted(file.stat().st_size for file in environments(cli))
    assert sizes[2] == first.stat().st_size
    assert sizes[1] < sizes[2] / 10
    assert "LR=3" in cli("show", "--env", "--values", "5")


def test_an_environment_is_removed_once_no_job_needs_it(cli: Cli) -> None:
    cli.settings("slots = 1")  # so that they end in order
    big = {f"VARIABLE_{number}": os.urandom(200).hex() for number in range(20)}
    with_env(cli, LR="3")("add", "true")
    with_env(cli, **big)("add", "true")
    with_env(cli, **big, LR="2")("add", "true")
    cli.drain()
    for file in environments(cli):
        os.utime(file, (time.time() - OLD_S,) * 2)
    shutil.rmtree(cli.home / "backups", ignore_errors=True)
    cli("clean", "--keep", "1", "--yes")
    assert list(cli.jobs()) == [3]
    assert len(environments(cli)) == 2  # its own, and the one from which that differs
    for file in environments(cli):
        os.utime(file, (time.time() - OLD_S,) * 2)
    cli("retry", "3")
    cli.drain()
    assert cli.job(3)["state"] == "completed"


@pytest.mark.parametrize("damage", ["removed", "other bytes"])
def test_a_job_whose_environment_is_damaged_says_so_and_can_be_captured_anew(cli: Cli, damage: str) -> None:
    cli("add", "true")
    (file,) = environments(cli)
    if damage == "removed":
        file.unlink()
    else:
        file.write_bytes(b"?" + file.read_bytes()[1:])
    cli.drain(code=1)
    assert "the environment that was captured for this job can't be read" in cli("show", "1")
    cli("edit", "--capture-env", "1")
    cli("retry", "1")
    cli.drain()
    assert cli.job(1)["state"] == "completed"


def test_an_environment_that_is_too_large_is_refused_by_its_largest_variables(cli: Cli) -> None:
    shell = with_env(cli, **{f"BIG{number}": "x" * 120_000 for number in range(9)}, SMALL="y")
    message = shell.error("add", "true")
    assert "1,048,576 are the most; the largest are BIG0 (120,006 bytes), BIG1" in message
    assert "SMALL" not in message
    assert cli("list", "--json").strip() == "[]"


def test_a_failed_job_names_the_variables_that_differ_from_the_last_good_run(cli: Cli, script: Script) -> None:
    job = script("job.sh", '#!/bin/sh\n[ "$LR" = 1 ]\n')
    with_env(cli, LR="1", SAME="1")("add", job)
    with_env(cli, LR="2", SAME="1")("add", job)
    cli.drain(code=1)
    assert "LR from job 1, which completed" in cli("show", "2")


def test_imported_jobs_have_the_environment_of_their_file_or_a_small_one(cli: Cli, tmp_path: Path) -> None:
    shell = with_env(cli, LR="1")
    task = {
        "id": 0, "created_at": "2026-01-01T00:00:00Z", "original_command": "echo $LR", "command": "echo $LR",
        "path": "/", "envs": {"LR": "9", "PATH": os.environ["PATH"]}, "group": "default", "dependencies": [],
        "priority": 0, "label": None, "status": {"Queued": {"enqueued_at": "2026-01-01T00:00:00Z"}},
    }  # fmt: skip
    (tmp_path / "pueue.json").write_text(json.dumps({"tasks": {"0": task}, "groups": {}}))
    shell("import", "--start", str(tmp_path / "pueue.json"))
    (tmp_path / "crontab").write_text("0 6 * * * echo $LR $PATH\n")
    shell("import", "--start", str(tmp_path / "crontab"))
    shell("schedule", "run", "echo")
    cli.drain()
    assert cli("log", "1").strip() == "9"
    assert cli("log", "2").strip() == "/usr/bin:/bin"


def test_python_output_comes_at_once_also_through_a_shell_script(cli: Cli, script: Script) -> None:
    cli("add", script("job.sh", "#!/bin/sh\necho $PYTHONUNBUFFERED\n"))
    with_env(cli, PYTHONUNBUFFERED="")("add", script("mine.sh", "#!/bin/sh\necho =$PYTHONUNBUFFERED=\n"))
    cli.drain()
    assert [cli("log", number).strip() for number in ("1", "2")] == ["1", "=="]


def test_a_hook_gets_a_small_environment_and_what_the_settings_name(cli: Cli, script: Script, tmp_path: Path) -> None:
    hook = script("hook.sh", f"#!/bin/sh\nenv > {tmp_path}/seen\n")
    cli.settings(f'[notify]\non = "end"\nhook = "{hook}"\nenv = ["MY_*"]\n')
    settings = (cli.home / "config.toml").read_text().replace("background = false\n", "")
    (cli.home / "config.toml").write_text(f"background = false\n{settings}")
    with_env(cli, SECRET="1", MY_KEY="2")("add", "--env", "OF_THE_JOB=3", "true")
    with_env(cli, SECRET="1", MY_KEY="2").drain()
    names = {line.partition("=")[0] for line in (tmp_path / "seen").read_text().splitlines()}
    assert {"PATH", "HOME", "MY_KEY", "TUI_QUEUE_JOB", "TUI_QUEUE_HOME"} <= names
    assert not {"SECRET", "OF_THE_JOB"} & names


def test_an_environment_that_only_a_backup_needs_stays(cli: Cli) -> None:
    cli.settings("slots = 1")
    with_env(cli, LR="3")("add", "true")
    runner = cli.start("run", "--until-empty")
    runner.communicate(timeout=60)
    cli("add", "sleep", "1")
    cli.drain()  # a scheduler that lives a moment makes the backup of the day
    wait_for(lambda: list((cli.home / "backups").glob("*.db")), "the backup")
    for file in environments(cli):
        os.utime(file, (time.time() - OLD_S,) * 2)
    cli("clean", "--keep", "1", "--yes")
    assert list(cli.jobs()) == [2]
    assert len(environments(cli)) == 2
    cli("restore", "latest", "--yes")
    assert "LR=3" in cli("show", "--env", "--values", "1")
