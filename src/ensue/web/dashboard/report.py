"""A campaign's page: what came of it, day by day, who waits, what was decided.

One rule: numbers come from `services.reports`; here they are only drawn.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import get_args
from urllib.parse import urlencode

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from ensue.core.effects import Decision, Outcome
from ensue.errors import Problem
from ensue.ports import Store
from ensue.services.definitions import load_campaign
from ensue.services.reports import Days, Loss, Report, days, gathered, report
from ensue.services.terms import OUTCOMES, called, capital
from ensue.web.dashboard.intervals import intervals
from ensue.web.dashboard.pages import fragment, render
from ensue.web.dashboard.svg import Bar, Series, Stage, bars, funnel, time_series
from ensue.web.dashboard.wording import points, signed
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared, Site

SPANS = (7, 30, 90, 365)
"""Days that the chart can show."""
SPAN = 30
LONG = 90
"""Days above which the chart shows weeks."""
WEEK = 7
SHOWN = 50
LOOKED_AT = 5_000
"""Decisions that one page looks through for those that were asked for."""
MISSING = {
    "small_group": "Too few people yet: each side needs 30.",
    "few_conversions": "Too few conversions yet to tell a difference from chance.",
    "more_than_sent": "More conversions than sends: some receipts came from elsewhere.",
}
MOST_REASONS = 8
"""Reasons that a chart names; what else there is stands among all counts."""
STEPS = {"entered": "Entered", "waiting": "Waiting now", "sent": "Sent", "converted": "Converted"}


@get("/campaigns/{campaign:str}", role="viewer", sync_to_thread=True)
def show_campaign(
    site: Shared, request: AnyRequest, campaign: FromPath[str], span: FromQuery[int] = SPAN
) -> Response[str]:
    """Show what came of a campaign."""
    return show_report(site, request, campaign, span=span)


@get("/campaigns/{campaign:str}/figures", role="viewer", part=True, sync_to_thread=True)
def show_figures(site: Shared, request: AnyRequest, campaign: FromPath[str]) -> Response[str]:
    """Show the key figures as they are now."""
    found = site.runner.read(lambda store: report(store, campaign))
    return fragment(request, site, "campaign_figures.html", report=found)


@get("/campaigns/{campaign:str}/waiting", role="viewer", sync_to_thread=True)
def show_waiting(
    site: Shared, request: AnyRequest, campaign: FromPath[str], after: FromQuery[str] = ""
) -> Response[str]:
    """Show who waits now, in the order of their ids."""

    def read(store: Store) -> tuple[Report, list[str], list[Decision]]:
        users = store.ledger.waiting_users(campaign, after, SHOWN + 1)
        found = [one for user in users[:SHOWN] for _, one in store.ledger.decisions(user=user, campaign=campaign)]
        return report(store, campaign), users, [one for one in found if one.outcome in ("waiting", "sending")]

    found, users, waiting = site.runner.read(read)
    following = f"?{urlencode({'after': users[SHOWN - 1]})}" if len(users) > SHOWN else ""
    return _page(site, request, "campaign_waiting.html", found, waiting=waiting, following=following, after=after)


@get("/campaigns/{campaign:str}/decisions", role="viewer", sync_to_thread=True)
def show_decisions(
    site: Shared,
    request: AnyRequest,
    campaign: FromPath[str],
    *,
    user: FromQuery[str] = "",
    outcome: FromQuery[str] = "",
    before: FromQuery[int | None] = None,
) -> Response[str]:
    """Show what was decided, the latest first."""

    def read(store: Store) -> tuple[Report, list[tuple[int, Decision]], int | None]:
        load_campaign(store.catalog, campaign)
        if user:
            found = store.ledger.decisions(user=user, campaign=campaign)[::-1]
            return report(store, campaign), _wanted(found, outcome, before)[:SHOWN], None
        return report(store, campaign), *_look_back(store, campaign, outcome, before)

    found, decisions, following = site.runner.read(read)
    asked = {name: value for name, value in (("outcome", outcome), ("user", user)) if value}
    return _page(
        site,
        request,
        "campaign_decisions.html",
        found,
        decisions=decisions,
        asked={"outcome": outcome, "user": user},
        outcomes=[("", "All"), *((name, capital(OUTCOMES[name])) for name in get_args(Outcome))],
        following=f"?{urlencode({**asked, 'before': following})}" if following else "",
        looked_at=LOOKED_AT,
    )


def show_report(
    site: Site,
    request: AnyRequest,
    campaign: str,
    *,
    span: int = SPAN,
    status: HTTPStatus = HTTPStatus.OK,
    problems: Sequence[Problem] = (),
) -> Response[str]:
    """Return the page of a campaign; `problems` say why something could not be done with it."""
    span = span if span in SPANS else SPAN
    today = site.clock.now().date()

    def read(store: Store) -> tuple[Report, Days]:
        return report(store, campaign), days(store, campaign, today, span)

    found, daily = site.runner.read(read)
    daily = gathered(daily, WEEK) if span > LONG else daily
    return _page(
        site,
        request,
        "campaign.html",
        found,
        status=status,
        problems=problems,
        span=span,
        spans=SPANS,
        missing=MISSING,
        names=list(daily.series),
        funnel=funnel("From entering to converting", [_stage(found, place) for place in range(len(found.funnel))]),
        refused=bars("Triggers that led to no entry", _bars(found.refused)),
        intervals=intervals(found.arms, found.baseline),
        chart=_chart(daily),
        daily=_table(daily),
        step=daily.step,
    )


def _page(
    site: Site,
    request: AnyRequest,
    template: str,
    found: Report,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    problems: Sequence[Problem] = (),
    **values: object,
) -> Response[str]:
    name = found.campaign.name or found.state.id
    more: Mapping[str, object] = {
        "report": found,
        "state": found.state,
        "called": called,
        "signed": signed,
        "points": points,
        **values,
    }
    return render(request, site, template, title=name, status=status, problems=problems, **more)


# ---------------------------------------------------------------- decisions


def _wanted(found: Sequence[tuple[int, Decision]], outcome: str, before: int | None) -> list[tuple[int, Decision]]:
    return [
        (number, one)
        for number, one in found
        if (not outcome or one.outcome == outcome) and (before is None or number < before)
    ]


def _look_back(
    store: Store, campaign: str, outcome: str, before: int | None
) -> tuple[list[tuple[int, Decision]], int | None]:
    """Return the latest decisions of an outcome, and where to go on; look at so many, however rare it is."""
    if not outcome:
        found = store.ledger.latest_decisions(campaign=campaign, before=before, limit=SHOWN + 1)
        return found[:SHOWN], found[SHOWN - 1][0] if len(found) > SHOWN else None
    looked_at = store.ledger.latest_decisions(campaign=campaign, before=before, limit=LOOKED_AT)
    wanted = _wanted(looked_at, outcome, before)
    if len(wanted) > SHOWN:
        return wanted[:SHOWN], wanted[SHOWN - 1][0]
    return wanted, looked_at[-1][0] if len(looked_at) == LOOKED_AT else None


# ---------------------------------------------------------------- drawing


def _stage(found: Report, place: int) -> Stage:
    step = found.funnel[place]
    name = STEPS.get(step.name, f"{capital(step.name)} by")
    return Stage(name=name, value=step.amount, lost=tuple(_named(step.lost, _lost)))


def _named(losses: Sequence[Loss], name: Callable[[Loss], str]) -> list[tuple[str, float]]:
    """Return the most frequent reasons, and the sum of the others."""
    if len(losses) <= MOST_REASONS:
        return [(name(one), one.amount) for one in losses]
    shown, rest = losses[: MOST_REASONS - 1], losses[MOST_REASONS - 1 :]
    others = (f"{len(rest)} other reasons", sum(one.amount for one in rest))
    return [*((name(one), one.amount) for one in shown), others]


def _lost(loss: Loss) -> str:
    head = loss.name.split(":")[0]
    return f"{head}: {called(loss.name)}" if ":" in loss.name else called(loss.name)


def _bars(losses: Sequence[Loss]) -> list[Bar]:
    named = _named(losses, lambda one: capital(called(one.name)))
    return [Bar(name=name, value=value, kind=6) for name, value in named]


def _labels(daily: Days) -> list[str]:
    moments = (daily.first + timedelta(days=place * daily.step) for place in range(daily.count))
    return [f"{one.day} {one:%b}" for one in moments]


def _chart(daily: Days) -> str:
    series = [Series(name=capital(name), values=values) for name, values in daily.series.items()]
    return time_series("What happened day by day", _labels(daily), series) if series else ""


def _table(daily: Days) -> list[list[object]]:
    """Return a row for each day on which something happened, the latest first."""
    rows = zip(_labels(daily), *daily.series.values(), strict=True)
    return [list(row) for row in rows if any(row[1:])][::-1]


HANDLERS: list[HTTPRouteHandler] = [show_campaign, show_figures, show_waiting, show_decisions]
