"""`ensue launch`: launches a set, or shows what the launch would be.

One rule: what is printed is what the running Ensue answered; nothing is worked out here.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ensue.cli.client import client
from ensue.cli.printing import EXPECTED_FAILURE, OK, print_problems
from ensue.services.launch_plan import LaunchPlan, Member, Strand

console = Console()
STYLES: Mapping[str, str] = {"warn": "yellow", "note": "dim"}


def launch(*ids: str, plan: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Launch campaigns and cards together, all or none, follow-ons before their originals.

    With `--plan` nothing is launched: it prints the order, whom each connection would miss, and what is left out.
    Exit code 1 where the plan shows what forbids the launch.
    """
    with client() as ensue:
        if plan:
            return print_plan(msgspec.convert(ensue.post("/api/v1/launch/plan", {"ids": list(ids)}), LaunchPlan))
        answer = ensue.post("/api/v1/launch", {"ids": list(ids)})
    found = msgspec.convert(answer["launched"], list[dict[str, str]])
    console.print(f"launched {', '.join(one['id'] for one in found)}", highlight=False)
    return OK


def print_plan(plan: LaunchPlan) -> int:
    """Print a plan; return the exit code."""
    console.print(_order(plan))
    for circle in plan.circles:
        console.print(Text(f"circle: {' → '.join([*circle, circle[0]])}, launched at one instant"))
    for one in plan.connections:
        for line in _strand(one):
            console.print(line)
    for left in plan.left_out:
        console.print(Text(f"left out: {left.id} ({left.status})", style="bold"))
        console.print(Padding(Text(left.message, style=STYLES["warn"]), (0, 0, 0, 2)))
    print_problems(plan.problems)
    return EXPECTED_FAILURE if plan.problems else OK


def _order(plan: LaunchPlan) -> Table:
    table = Table(title="order of the launch", title_justify="left")
    for name in ("", "id", "name", "kind", "now", "users missed"):
        table.add_column(name, justify="right" if name in ("", "users missed") else "left")
    for place, one in enumerate(plan.order, 1):
        table.add_row(str(place), one.id, Text(one.name), one.kind, one.status, _missed(one))
    return table


def _missed(one: Member) -> str:
    return f"{one.missed.users:,}" if one.missed.users else "–"


def _strand(one: Strand) -> Iterator[Text | Padding]:
    yield Text(f"{one.original} → {one.follow_on}: {one.does}", style="bold")
    for caution in one.cautions:
        yield Padding(Text(caution.message, style=STYLES[caution.weight]), (0, 0, 0, 2))
    if not one.cautions:
        yield Padding(Text("in order", style="green"), (0, 0, 0, 2))
