"""Backtests: what a campaign would have done in the past, and how far a run is.

One rule: starting one is for editors, for it takes the machine's time; everybody may look at what came out.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from markupsafe import Markup

from ensue.backtests import UNFINISHED, Backtest, How, Side, Totals
from ensue.core.effects import Decision
from ensue.core.records import CampaignState
from ensue.errors import Problem, Rejected, rejected
from ensue.services.backtests import Wanted
from ensue.services.terms import called
from ensue.web.dashboard.guard import operator_of
from ensue.web.dashboard.pages import audit, fragment, redirect, render
from ensue.web.dashboard.submitted import Form, Submitted
from ensue.web.dashboard.svg import Series, time_series
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared, Site

BACKTESTS = "/dashboard/backtests"
DAY = timedelta(days=1)
HAPPENED = ":happened"
"""Chosen in place of a campaign's id, which never begins like that."""
HOW = {"as_if_live": "as if it had been live", "as_it_was": "as it was", "what_happened": "what happened"}
HOWS: dict[str, How] = {"as_if_live": "as_if_live", "as_it_was": "as_it_was"}
"""How a campaign may be asked to be run; else as suits it."""
ALONE = ("entered", "sent", "control", "cancelled", "suppressed", "refused")
BESIDE = ("entered", "sent", "cancelled")
"""Counts by day of one side, and of each of two."""
LONGEST = 366
"""Days that the chart shows at most, the last ones."""
BADGES = {
    "done": "good",
    "failed": "bad",
    "lost": "bad",
    "cancelled": "stopped",
    "waiting": "draft",
    "running": "active",
}


@get("/backtests", role="viewer", sync_to_thread=True)
def show_backtests(site: Shared, request: AnyRequest, campaign: FromQuery[str] = "") -> Response[str]:
    """List backtests, with the form for a new one."""
    return _list(site, request, {"campaign": campaign})


@post("/backtests", role="editor", sync_to_thread=True, status_code=200)
def start_backtest(site: Shared, request: AnyRequest, form: Form) -> Response[str] | Response[None]:
    """Take a backtest, and lead to its page."""
    try:
        started = _started(site, form, operator_of(request).name)
    except Rejected as error:
        return _list(site, request, dict(form.pairs), HTTPStatus.BAD_REQUEST, error.problems)
    audit(site, request, "start backtest", started.side.campaign)
    return redirect(f"{BACKTESTS}/{started.id}")


@get("/backtests/{backtest:str}", role="viewer", sync_to_thread=True)
def show_backtest(site: Shared, request: AnyRequest, backtest: FromPath[str]) -> Response[str]:
    """Show how far a backtest is, and what came out."""
    found = site.backtests.load(backtest)
    title = f"Backtest of {_names(site).get(found.side.campaign, found.side.campaign)}"
    return render(request, site, "backtest.html", title=title, **_values(site, found))


@get("/backtests/{backtest:str}/now", role="viewer", part=True, sync_to_thread=True)
def refresh_backtest(site: Shared, request: AnyRequest, backtest: FromPath[str]) -> Response[str]:
    """Return what a backtest's page says of it now."""
    return fragment(request, site, "backtest_now.html", **_values(site, site.backtests.load(backtest)))


@post("/backtests/{backtest:str}/cancel", role="editor", sync_to_thread=True, status_code=200)
def cancel_backtest(site: Shared, request: AnyRequest, backtest: FromPath[str]) -> Response[None]:
    """End a backtest that waits or runs."""
    found = site.backtests.cancel(backtest)
    audit(site, request, "cancel backtest", found.side.campaign)
    return redirect(f"{BACKTESTS}/{found.id}", flash="The backtest is being cancelled.")


HANDLERS: list[HTTPRouteHandler] = [show_backtests, start_backtest, show_backtest, refresh_backtest, cancel_backtest]


# ---------------------------------------------------------------- asking


def _list(
    site: Site,
    request: AnyRequest,
    asked: dict[str, str],
    status: HTTPStatus = HTTPStatus.OK,
    problems: Sequence[Problem] = (),
) -> Response[str]:
    states = site.runner.read(lambda store: store.catalog.campaigns())
    campaigns = [(one.id, _name(one)) for one in states if one.status != "archived"]
    names = _names(site)
    return render(
        request,
        site,
        "backtests.html",
        title="Backtests",
        status=status,
        problems=problems,
        asked={"campaign": "", "how": "", "since": "", "until": "", "against": "", **asked},
        campaigns=campaigns,
        others=[("", "Nothing"), (HAPPENED, "What really happened"), *campaigns],
        hows=[("", "As suits it"), ("as_if_live", "As if it had been live all the time"), ("as_it_was", "As it was")],
        lines=[(one, names.get(one.side.campaign, one.side.campaign)) for one in site.backtests.latest()],
        badges=BADGES,
    )


def _started(site: Site, form: Submitted, who: str) -> Backtest:
    campaign, how, against = form.text("campaign"), form.text("how"), form.text("against")
    if not campaign:
        raise rejected("missing", "campaign", "no campaign is chosen", "Choose one.")
    until = _day(form, "until")
    other = Wanted(campaign=campaign, how="what_happened") if against == HAPPENED else Wanted(campaign=against)
    return site.backtests.start(
        Wanted(campaign=campaign, how=HOWS.get(how)),
        start=_day(form, "since"),
        end=until + DAY if until else None,
        against=other if against else None,
        by=who,
    )


def _day(form: Submitted, name: str) -> datetime | None:
    text = form.text(name)
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    except ValueError:
        raise rejected("day", name, f"'{text}' is no day", "Write it as 2026-03-02.") from None


# ---------------------------------------------------------------- showing


def _values(site: Site, found: Backtest) -> dict[str, Any]:
    """Return what the templates of one backtest ask for."""
    names = _names(site)
    sides = [one for one in (found.side, found.against) if one is not None]
    results = [one for one in (found.result, found.against_result) if one is not None]
    heads = [_head(one, names) for one in sides]
    return {
        "one": found,
        "is_under_way": found.status in UNFINISHED,
        "share": found.done / found.total if found.total else 0,
        "badges": BADGES,
        "heads": heads,
        "results": results,
        "hows": {one.how for one in sides},
        "outcomes": list(_outcomes(results)),
        "chart": _chart(heads, results),
        "head": ["Day", *_columns(heads)],
        "days": _table(results),
        "samples": list(_samples(heads, results)),
        "called": called,
    }


def _head(side: Side, names: dict[str, str]) -> str:
    return f"{names.get(side.campaign, side.campaign)}, {HOW[side.how]}"


def _outcomes(results: Sequence[Totals]) -> Iterator[tuple[str, str, list[int]]]:
    """Yield a row for each outcome: what it is, why, and how many on each side."""
    for name in sorted({name for one in results for name in one.outcomes}):
        outcome, _, why = name.partition(":")
        yield outcome, called(name) if why else "", [one.outcomes.get(name, 0) for one in results]


def _samples(heads: Sequence[str], results: Sequence[Totals]) -> Iterator[tuple[str, list[Decision]]]:
    for head, one in zip(heads, results, strict=False):
        yield head, [decision for some in one.samples.values() for decision in some]


def _chart(heads: Sequence[str], results: Sequence[Totals]) -> Markup:
    days = _span(results)
    if not days:
        return Markup()
    counted = ("entered", "sent", "cancelled") if len(results) == 1 else ("sent",)
    series = []
    for head, one in zip(heads, results, strict=False):
        by_day = {day.day: day for day in one.days}
        for name in counted:
            values = tuple(float(getattr(by_day[day], name)) if day in by_day else 0.0 for day in days)
            series.append(Series(name=name.capitalize() if len(results) == 1 else f"Sent: {head}", values=values))
    return time_series("What would have happened day by day", [f"{day.day} {day:%b}" for day in days], series)


def _table(results: Sequence[Totals]) -> list[list[object]]:
    """Return a row for each day, the latest first, with the same counts of each side."""
    counted = _counted(results)
    rows: list[list[object]] = []
    by_day = [{day.day: day for day in one.days} for one in results]
    for day in _span(results):
        found = [one.get(day) for one in by_day]
        if any(found):
            cells = [getattr(one, name) if one else 0 for one in found for name in counted]
            rows.append([f"{day.day} {day:%b %Y}", *cells])
    return rows[::-1]


def _columns(heads: Sequence[str]) -> list[str]:
    """Return what the columns of the table by day are called."""
    counted = _counted(heads)
    return [
        name.capitalize() if len(heads) == 1 else f"{name.capitalize()}: {head}" for head in heads for name in counted
    ]


def _counted(sides: Sequence[object]) -> tuple[str, ...]:
    return ALONE if len(sides) == 1 else BESIDE


def _span(results: Sequence[Totals]) -> list[date]:
    days = [day.day for one in results for day in one.days]
    if not days:
        return []
    first = max(min(days), max(days) - LONGEST * DAY)
    return [first + place * DAY for place in range((max(days) - first).days + 1)]


def _names(site: Site) -> dict[str, str]:
    return {one.id: _name(one) for one in site.runner.read(lambda store: store.catalog.campaigns())}


def _name(state: CampaignState) -> str:
    return state.versions[-1].campaign.name or state.id
