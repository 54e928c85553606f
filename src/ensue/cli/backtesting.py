"""`ensue backtest`: a campaign over the recorded past, with its progress and a table of what came out."""

from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ensue.backtests import UNFINISHED, Difference, Status, Totals
from ensue.cli.client import Answer, Client, client
from ensue.cli.printing import EXPECTED_FAILURE, OK, errors
from ensue.codec.dump import dump
from ensue.codec.yaml import load_documents
from ensue.core.records import Campaign
from ensue.errors import rejected

SUFFIXES = (".yaml", ".yml")
HAPPENED = "what-happened"
PAUSE = 0.2
"""Seconds between two looks at how far it is."""
console = Console()


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of an answer."""

    id: str
    campaign: str
    status: Status
    start: datetime
    end: datetime
    done: int
    total: int
    problem: str
    result: Totals | None
    compared_result: Totals | None
    difference: Difference | None


def backtest(
    campaign: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    against: str | None = None,
    as_if_live: bool = False,
) -> int:
    """Run a campaign over recorded events and print what would have come of it; nobody is sent anything.

    Exit code 0: done; 1: cancelled or failed; 2: it cannot be run. Ctrl-C cancels it.

    Parameters
    ----------
    campaign
        The id of a saved campaign, or a YAML file that holds one.
    since
        The beginning of the span, by arrival; without it the first recorded event.
    until
        Its end, which is not part of it; without it now.
    against
        Another campaign, another file, or `what-happened` for the campaign's recorded decisions.
    as_if_live
        Try a campaign that was launched as if it had been live for the whole span, and not as it was.

    """
    body: dict[str, object] = _side(campaign, campaign)
    if as_if_live:
        body["how"] = "as_if_live"
    body |= {name: _utc(at).isoformat() for name, at in (("start", since), ("end", until)) if at is not None}
    if against is not None:
        body["compare_with"] = _side(against, campaign)
    with client() as ensue:
        found = _finished(ensue, _result(ensue.post("/api/v1/backtests", body)))
    if found.result is None:
        errors.print(f"the backtest {found.id} ended as {found.status}. {found.problem}".strip(), style="red")
        return EXPECTED_FAILURE
    _print(found, [campaign, against] if against else [campaign])
    return OK


def _side(asked: str, campaign: str) -> dict[str, object]:
    if asked == HAPPENED:
        return {"campaign": campaign, "how": "what_happened"}
    if not asked.endswith(SUFFIXES):
        return {"campaign": asked}
    file = Path(asked)
    if not file.is_file():
        raise rejected("file", asked, "there is no such file", "Name a YAML file, or the id of a saved campaign.")
    documents = load_documents(file.read_text(encoding="utf-8"), asked)
    campaigns = [one for one in documents if isinstance(one, Campaign)]
    if len(campaigns) != 1:
        hint = "Name a file with one, or save them and name one by its id."
        raise rejected("file", asked, f"holds {len(campaigns)} campaigns", hint)
    return {"definition": dump(campaigns[0])}


def _finished(ensue: Client, found: Result) -> Result:
    """Wait until the backtest has ended, with a bar; an interrupt cancels it."""
    path = f"/api/v1/backtests/{found.id}"
    with Progress(console=console) as progress:
        task = progress.add_task(f"backtest {found.campaign}", total=None)
        try:
            while found.status in UNFINISHED:
                Event().wait(PAUSE)
                found = _result(ensue.get(path))
                progress.update(task, total=found.total or None, completed=found.done)
        except KeyboardInterrupt:
            found = _result(ensue.post(f"{path}/cancel"))
    return found


def _result(answer: Answer) -> Result:
    return msgspec.convert(answer, Result)


def _print(found: Result, names: list[str]) -> None:
    sides = [one for one in (found.result, found.compared_result) if one is not None]
    console.print(f"{found.start:%Y-%m-%d %H:%M} to {found.end:%Y-%m-%d %H:%M} UTC", highlight=False)
    table = Table(title="outcomes", title_justify="left")
    table.add_column("what")
    for name in names:
        table.add_column(name, justify="right")
    table.add_row("entered", *(f"{one.entered:,}" for one in sides))
    for outcome in sorted({name for one in sides for name in one.outcomes}):
        table.add_row(outcome, *(f"{one.outcomes.get(outcome, 0):,}" for one in sides))
    table.add_row("users sent something", *(f"{one.users_sent:,}" for one in sides))
    console.print(table)
    console.print(_days(sides, names))
    if found.difference is not None:
        both, first, second = found.difference.both, found.difference.only_first, found.difference.only_second
        console.print(
            f"users sent something: both {both:,}, only {names[0]} {first:,}, only {names[1]} {second:,}",
            highlight=False,
        )


def _days(sides: list[Totals], names: list[str]) -> Table:
    table = Table(title="by day (UTC)", title_justify="left")
    table.add_column("day")
    counted = ("entered", "sent", "cancelled", "suppressed")
    for name in names:
        for each in counted:
            table.add_column(each if len(names) == 1 else f"{each}: {name}", justify="right")
    by_day = [{one.day: one for one in side.days} for side in sides]
    for day in sorted({day for days in by_day for day in days}):
        cells = [str(getattr(days[day], each)) if day in days else "0" for days in by_day for each in counted]
        table.add_row(str(day), *cells)
    return table


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
