"""`ensue operators`: the people who use the dashboard."""

from typing import Literal
from urllib.parse import quote

from cyclopts import App

from ensue.cli.client import client
from ensue.cli.managing import console, print_table
from ensue.cli.printing import OK

COLUMNS = ("name", "email", "role", "disabled_at")
"""What is listed; the rest has no room in a terminal."""
operators = App(name="operators", help="People who use the dashboard.")


@operators.command(name="add")
def add_operator(name: str, *, role: Literal["viewer", "editor", "owner"] = "editor", email: str = "") -> int:
    """Let somebody use the dashboard, and print the link by which they set their password, this once.

    Parameters
    ----------
    name:
        What they sign in with.
    role:
        What they may do: see (viewer), change and launch (editor), everything (owner).
    email:
        What they may sign in with as well.

    """
    with client() as ensue:
        answer = ensue.post("/api/v1/operators", {"name": name, "role": role, "email": email})
    console.print(str(answer["link"]), highlight=False, soft_wrap=True)
    return OK


@operators.command(name="list")
def list_operators() -> int:
    """List the people who use the dashboard."""
    with client() as ensue:
        answer = ensue.get("/api/v1/operators")
    found = answer["operators"]
    rows = [{name: one[name] for name in COLUMNS} for one in found] if isinstance(found, list) else []
    print_table("operators", rows)
    return OK


@operators.command(name="link")
def make_link(name: str) -> int:
    """Print a link for a new password of somebody, by name or id, this once; it holds three days."""
    with client() as ensue:
        answer = ensue.post(f"/api/v1/operators/{quote(name, safe='')}/link")
    console.print(str(answer["link"]), highlight=False, soft_wrap=True)
    return OK
