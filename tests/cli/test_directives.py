"""The options that a script names in its leading comments: `#TUI-QUEUE` lines, and those of `#SBATCH`."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Cli
from tests.support.commands import settings
from tui_queue import Queue

Script = Callable[..., str]


def test_a_script_names_options_and_the_command_line_wins(cli: Cli, script: Script) -> None:
    path = script(
        "train.sh",
        "#!/bin/sh\n\n# about it\n#TUI-QUEUE --timeout 2h --retries=3 --env 'A=b c' # why\n"
        "# TUI-QUEUE --priority 5 --hold\n"
        '#  TUI-QUEUE --no-such\n##TUI-QUEUE --no-such\necho "$A"\n#TUI-QUEUE --no-such\n',
    )
    cli("add", path)
    cli("add", "--priority", "7", "--no-hold", path, "word")
    lines = Path(path).with_name("lines")
    lines.write_text(f"{path} 1\n{path} 2\n{json.dumps({'path': path, 'priority': 1})}\n")
    cli("add", "--from", str(lines))
    jobs = cli.jobs()
    first, second = jobs[1], jobs[2]
    assert (first["timeout_s"], first["priority"], first["held"], first["options"]["retries"]) == (7200, 5, True, 3)
    assert (second["timeout_s"], second["priority"], second["held"], second["args"]) == (7200, 7, False, ["word"])
    assert [jobs[number]["priority"] for number in (3, 4, 5)] == [5, 5, 1]
    said = [line for line in cli("show", "1").splitlines() if line.startswith("Directives")]
    assert said == ["Directives timeout, retries, env (train.sh, line 4); priority, hold (train.sh, line 5)"]
    assert "timeout, retries, env (train.sh, line 4)\n" in cli("show", "2")
    cli("edit", "1", "--timeout", "1h")
    assert "retries, env (train.sh, line 4); priority" in cli("show", "1")
    cli("release", "1", "3-5")
    cli.drain()
    assert cli("log", "1") == "b c\n"


def test_a_directive_that_cannot_be_used_is_refused_with_its_line(cli: Cli, script: Script) -> None:
    for line, said in (
        ("#TUI-QUEUE --nope 1", "x.sh, line 2: #TUI-QUEUE --nope 1: --nope: no option that a script can have; "),
        ("#TUI-QUEUE --shell", "--shell: no option that a script can have; "),
        ("#TUI-QUEUE --timeout", "--timeout: its value is missing."),
        ("#TUI-QUEUE --timeout ever", "line 2: #TUI-QUEUE --timeout ever: ever: not a time limit; "),
        ("#TUI-QUEUE --name 'a", "a quote is not closed."),
        ("#SBATCH --time=1:2:3:4", "#SBATCH --time=1:2:3:4: 1:2:3:4: not a time limit; write 90 (minutes)"),
        ("#SBATCH --array=3-1", "not the indices of an array; write 0-15"),
        ("#SBATCH --mem=lots", "lots: not a size; write 500M or 32G."),
    ):
        assert said in cli.error("add", script("x.sh", f"#!/bin/sh\n{line}\n"))
    assert (
        "x.sh, line 2: #TUI-QUEUE" in cli.process("add", script("x.sh", "#!/bin/sh\n#TUI-QUEUE -z\n")).stderr.decode()
    )
    assert cli.jobs() == {}
    cli(
        "add", "--hold", "--timeout", "1h", script("x.sh", "#!/bin/sh\n#TUI-QUEUE --timeout ever\n")
    )  # it does not hold


def test_lines_for_slurm_are_understood_where_they_mean_something(cli: Cli, script: Script) -> None:
    settings(cli, "\n[resources]\ngpu = 4\n")
    path = script(
        "slurm.sh",
        "#!/bin/bash\n#SBATCH --job-name=big --time=1-02:03:04 --partition=gpu\n#SBATCH -c 4 --gres=gpu:a100:2 # two\n"
        "#SBATCH --mem 1G -N 1\n#SBATCH --mail-type=FAIL --mail-user=me@example.org\n##SBATCH --exclusive\n"
        "#SBATCH --array=1-5:2%2\n#SBATCH -d afterok:1:2,singleton\nenv | grep ^SLURM | sort\n",
    )
    cli("add", "--hold", "echo")
    cli("add", "--hold", "echo")
    done = cli.process("add", "--hold", path)
    assert done.stdout == b"3\n4\n5\n"
    assert done.stderr.decode() == (
        "tui-queue: slurm.sh: means nothing here: --partition (line 2), -N (line 4), --mail-user (line 5), --array %2"
        " (a queue has slots: `tui-queue queue add NAME --slots 2`) (line 7), -d singleton (line 8).\n"
    )
    job = cli.job(3)
    assert (job["name"], job["timeout_s"], job["options"]["resources"]) == ("big", 93_784, [["gpu", 2]])
    assert (job["options"]["gates"], job["options"]["notify"]) == ([["mem", float(1 << 30)]], "failure")
    assert [each["id"] for each in job["after"]] == [1, 2]
    assert len({each["batch"] for number, each in cli.jobs().items() if number > 2}) == 1
    cli("edit", "4", "--after", "", "--gate", "")
    cli("release", "4")
    cli("cancel", "1-3", "5")
    cli.drain()
    variables = dict(line.split("=", 1) for line in cli("log", "4").splitlines())
    assert variables == {
        "SLURM_ARRAY_JOB_ID": "4",
        "SLURM_ARRAY_TASK_COUNT": "3",
        "SLURM_ARRAY_TASK_ID": "3",
        "SLURM_ARRAY_TASK_MAX": "5",
        "SLURM_ARRAY_TASK_MIN": "1",
        "SLURM_CPUS_PER_TASK": "4",
        "SLURM_JOB_ID": "4",
        "SLURM_JOB_NAME": "big",
        "SLURM_SUBMIT_DIR": job["cwd"],
    }


def test_files_for_output_have_the_letters_of_slurm(cli: Cli, script: Script, tmp_path: Path) -> None:
    path = script(
        "o.sh", "#!/bin/sh\n#SBATCH -o %x-%A_%a.out -e %3j%%.err -J run --array 7,9\necho $SLURM_ARRAY_TASK_ID\n"
    )
    cli("add", "--cwd", str(tmp_path), path)
    cli.drain()
    made = {found.name: found.read_text() for found in tmp_path.iterdir() if found.suffix in (".out", ".err")}
    assert made == {"run-1_7.out": "7\n", "run-2_9.out": "9\n", "1%.err": "", "2%.err": ""}


def test_only_leading_comments_of_a_text_file_are_read(cli: Cli, script: Script, tmp_path: Path) -> None:
    late = script("late.sh", "#!/bin/sh\n" + "# comment\n" * 9_000 + "#TUI-QUEUE --no-such\n")
    binary = script("binary", "#!/bin/sh\n#TUI-QUEUE --no-such\n\0")
    plain = script("code.py", '"""Text."""\n#TUI-QUEUE --no-such\n')
    for path in (late, binary, plain):
        cli("add", "--hold", path)
    cli("add", "--hold", "--shell", f"{script('x.sh', '#TUI-QUEUE --no-such')} && echo")
    assert len(cli.jobs()) == 4


def test_schedules_and_python_programs_read_the_lines_of_a_script_too(cli: Cli, script: Script) -> None:
    path = script(
        "train.sh", "#!/bin/sh\n#TUI-QUEUE --timeout 2h --priority 4\n#SBATCH --array=1-3 --mem-bind=x\ntrue\n"
    )
    done = cli.process("schedule", "add", "--every", "1h", "-y", "--priority", "5", "nightly", path)
    assert (done.returncode, "--array (this adds one job of it)" in done.stderr.decode()) == (0, True), done
    cli("schedule", "run", "nightly")
    with Queue(cli.home) as queue:
        queue.add(path, priority=6, hold=True)
    jobs = cli.jobs()
    assert [(job["timeout_s"], job["priority"]) for job in jobs.values()] == [(7200, 6), (7200, 5)]
    assert [job["options"]["directives"]["lines"] for job in jobs.values()] == [[["timeout", 2]]] * 2
