"""Names that other queues have for commands: what they mean here, or the line of ours that does it."""

from collections.abc import Iterable, Mapping, Sequence

from tui_queue.core.units.printable import printable

# pueue's, task-spooler's and Slurm's names for what a command of ours does, with its words.
SAME: Mapping[str, Sequence[str]] = {
    "enqueue": ("release",),
    "fo": ("log", "--follow"),
    "follow": ("log", "--follow"),
    "kill": ("cancel",),
    "ls": ("list",),
    "re": ("retry",),
    "restart": ("retry",),
    "rm": ("remove",),
    "scancel": ("cancel",),
    "squeue": ("list",),
    "stash": ("hold",),
    "tail": ("log", "--follow"),
}
# Commands of other queues that have a module here, and are not among ours in `--help`.
MODULES: Mapping[str, str] = {"sbatch": "sbatch"}
# Those whose options or words have another form here.
_INSTEAD: Mapping[str, str] = {
    "group": "`tui-queue queue list`, `tui-queue queue add NAME --slots 2`",
    "parallel": "`tui-queue queue edit default --slots 2`; for GNU parallel `tui-queue add --sweep PROGRAM '{a,b,c}'`",
    "reset": "`tui-queue cancel --all`, then `tui-queue remove --all`",
    "sacct": "`tui-queue list`, `tui-queue stats`",
    "scontrol": "`tui-queue edit ID --timeout 2h`, `tui-queue hold ID`, `tui-queue show ID`",
    "seff": "`tui-queue show ID`",
    "sinfo": "`tui-queue status`, `tui-queue queue list`",
    "srun": "`tui-queue add --follow PROGRAM`",
    "submit": "`tui-queue add PROGRAM`",
    "switch": "`tui-queue move --before ID ID`",
}


def complaint(words: Sequence[str], known: Iterable[str]) -> str:
    """Say that there is no such command, and what the user may have meant."""
    from difflib import get_close_matches  # seldom needed

    from tui_queue.cli.other_tools import line_of, queues_program

    name = words[0]
    if name in _INSTEAD:
        return f"No such command '{name}'; here that is {_INSTEAD[name]}."
    if len(words) > 1 and (adds := queues_program(words)) is not None:
        return f"No such command '{name}'; `{printable(line_of(adds.lines[0]))}` adds that program."
    if near := get_close_matches(name, sorted(known), n=1, cutoff=0.6):
        return f"No such command '{name}'. Did you mean `{near[0]}`?"
    return f"No such command '{name}'; `tui-queue --help` lists all."
