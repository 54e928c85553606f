"""`ensue simulate` and `ensue schema`: what needs no running Ensue."""

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from ensue.bootstrap import RunnerName, simulation_bench
from ensue.cli.printing import EXPECTED_FAILURE, INVALID, OK, print_problems
from ensue.codec.documents import Kind
from ensue.codec.scenario import Scenario
from ensue.codec.schema import schema
from ensue.codec.yaml import load_documents
from ensue.core.effects import Decision
from ensue.errors import Problem, Rejected
from ensue.services.expectations import Comparison, compare
from ensue.services.simulation import simulate as run_scenario

FIELDS = (
    "user",
    "campaign",
    "outcome",
    "reason",
    "exception",
    "trigger",
    "triggered_at",
    "due_at",
    "at",
    "variation",
    "channels",
)


def simulate(*files: Path, json: bool = False, runner: RunnerName = "simulated") -> int:
    """Run scenarios on a virtual clock and compare what came of them with what they expect.

    Exit code 0: everything as expected; 1: an expectation failed; 2: a file is invalid.

    Parameters
    ----------
    files:
        Scenario files (YAML).
    json:
        Print one decision a line as JSON instead.
    runner:
        `simulated` keeps everything in memory; `embedded` takes the way through SQLite and the real runner.

    """
    worst = OK
    for file in files:
        try:
            for scenario in load_scenarios(file):
                worst = max(worst, run(scenario, runner, is_json=json))
        except Rejected as rejection:
            print_problems(rejection.problems, str(file))
            worst = INVALID
    return worst


def print_schema(kind: Kind) -> None:
    """Print the JSON Schema of a kind of file, so that editors complete it."""
    print(msgspec.json.format(msgspec.json.encode(schema(kind))).decode())  # noqa: T201  (it is what was asked for)


def load_scenarios(file: Path) -> list[Scenario]:
    """Return the scenarios of a file; Rejected where it is invalid, or holds something else."""
    try:
        documents = load_documents(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected([Problem(code="file", path="", message=str(error), source=str(file))]) from error
    others = [one for one in documents if not isinstance(one, Scenario)]
    if others or not documents:
        found = f"a {type(others[0]).__name__.lower()}" if others else "nothing"
        message, hint = f"holds {found}, not a scenario", "Begin it with `kind: scenario`."
        raise Rejected([Problem(code="kind", path="kind", message=message, hint=hint, source=str(file))])
    return [one for one in documents if isinstance(one, Scenario)]


def run(scenario: Scenario, runner: RunnerName, *, is_json: bool) -> int:
    """Run a scenario and print what came of it; return the exit code."""
    with simulation_bench(runner, scenario.start) as bench:
        decisions = run_scenario(scenario, bench)
    comparisons = compare(scenario, decisions)
    failed = [one for one in comparisons if not one.holds]
    if is_json:
        for decision in decisions:
            sys.stdout.write(msgspec.json.encode(_row(decision)).decode() + "\n")
    console = Console(stderr=is_json)
    mark = "[red]failed[/]" if failed else "[green]passed[/]"
    console.print(
        f"{mark} {scenario.id}: {len(comparisons) - len(failed)} of {len(comparisons)} as expected ({runner})",
        highlight=False,
    )
    for comparison in failed:
        console.print(_table(comparison))
    return EXPECTED_FAILURE if failed else OK


def _row(decision: Decision) -> dict[str, object]:
    return {name: getattr(decision, name) for name in FIELDS}


def _table(comparison: Comparison) -> Table:
    table = Table(title=f"{comparison.user} · {comparison.campaign}", title_justify="left")
    table.add_column("expected")
    table.add_column("actual")
    rows = max(len(comparison.expected), len(comparison.actual))
    for place in range(rows):
        table.add_row(_cell(comparison.expected, place), _cell(comparison.actual, place))
    if not rows:
        table.add_row("none", "none")
    return table


def _cell(rows: Sequence[dict[str, object]], place: int) -> str:
    if place >= len(rows):
        return "none" if place == 0 else ""
    return "\n".join(f"{name}: {_text(value)}" for name, value in rows[place].items() if value not in (None, ()))


def _text(value: object) -> str:
    return msgspec.to_builtins(value) if not isinstance(value, tuple) else ", ".join(value)
