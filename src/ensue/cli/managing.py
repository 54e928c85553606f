"""`ensue status`, `users import` and `keys`: what a running Ensue is asked to do."""

from itertools import islice
from pathlib import Path

from cyclopts import App
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ensue.cli.client import Client, client
from ensue.cli.printing import EXPECTED_FAILURE, OK, print_problems
from ensue.codec.csv_people import Person, read_people
from ensue.errors import Problem, Rejected

BATCH = 1000
"""Users in one request."""
console = Console()
users = App(name="users", help="Users.")
keys = App(name="keys", help="API keys.")


def status() -> int:
    """Show what Ensue holds and does: campaigns, users, outcomes, scheduled audiences under way."""
    with client() as ensue:
        answer = ensue.get("/api/v1/status")
    for name, value in answer.items():
        if not isinstance(value, dict | list):
            console.print(f"{name}: {value}", highlight=False)
    for name, value in answer.items():
        if isinstance(value, dict):
            print_table(name, [{"name": key, "value": each} for key, each in value.items()])
        elif isinstance(value, list):
            print_table(name, value)
    return OK


@users.command(name="import")
def import_users(file: Path) -> int:
    """Import users from a CSV file with a column `external_id`; lines that cannot be taken are reported.

    Exit code 1 where some lines were refused; the others are kept.
    """
    refused: list[Problem] = []
    done = 0
    lines = max(sum(1 for _ in file.open("rb")) - 1, 0) if file.exists() else None
    rows = read_people(file)
    with client() as ensue, Progress(console=console) as progress:
        task = progress.add_task(f"importing {file.name}", total=lines)
        while batch := list(islice(rows, BATCH)):
            people = [one for one in batch if isinstance(one, Person)]
            refused += [one for one in batch if isinstance(one, Problem)]
            done += _put(ensue, people, refused)
            progress.advance(task, len(batch))
    print_problems(refused)
    console.print(f"imported {done} users, refused {len(refused)} lines", highlight=False)
    return EXPECTED_FAILURE if refused else OK


def _put(ensue: Client, people: list[Person], refused: list[Problem]) -> int:
    """Put a batch of users; where it is refused, each alone, so that one bad line costs no other."""
    if not people:
        return 0
    body = [{"external_id": one.external_id, "attributes": one.attributes} for one in people]
    try:
        ensue.post("/api/v1/users", {"users": body})
    except Rejected as rejection:
        if len(people) == 1:
            refused += rejection.problems
            return 0
        return sum(_put(ensue, [one], refused) for one in people)
    return len(people)


@keys.command(name="create")
def create_key(name: str, *scopes: str) -> int:
    """Make an API key with these scopes (`all` by default) and print it: it is shown this once."""
    with client() as ensue:
        answer = ensue.post("/api/v1/keys", {"name": name, "scopes": list(scopes) or ["all"]})
    console.print(f"{answer['secret']}", highlight=False)
    return OK


@keys.command(name="list")
def list_keys() -> int:
    """List the API keys; the keys themselves are not kept."""
    with client() as ensue:
        answer = ensue.get("/api/v1/keys")
    found = answer["keys"]
    print_table("keys", found if isinstance(found, list) else [])
    return OK


@keys.command(name="revoke")
def revoke_key(key_id: str) -> int:
    """Revoke an API key by its id."""
    with client() as ensue:
        ensue.delete(f"/api/v1/keys/{key_id}")
    console.print(f"revoked {key_id}", highlight=False)
    return OK


def print_table(title: str, rows: list[dict[str, object]]) -> None:
    """Print rows under their names, or that there are none."""
    table = Table(title=title.replace("_", " "), title_justify="left")
    for name in rows[0] if rows else ():
        table.add_column(name)
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console.print(table if rows else f"{title.replace('_', ' ')}: none")
