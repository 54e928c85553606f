"""Backtests over the API: ask for one, see how far it is and what came out, cancel it.

One rule: asking answers at once; the work is done behind the scenes, and nobody is sent anything.
"""

from datetime import datetime

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from ensue.backtests import Backtest, Difference, How, Side, Status, Totals
from ensue.codec.build import build
from ensue.core.events import Json
from ensue.core.records import Campaign
from ensue.errors import Rejected, rejected
from ensue.services.backtests import Wanted
from ensue.web.bodies import JsonBody
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared


class SideRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A saved campaign by its id, or a `definition` that need not be saved, as in the files.

    `how`: `as_if_live` for the whole span (default for drafts and definitions), `as_it_was` (default for a campaign
    that was launched), or `what_happened`, its recorded decisions.
    """

    campaign: str | None = None
    definition: dict[str, Json] | None = None
    how: How | None = None


class BacktestRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to run and over which span of arrival, `start` included and `end` not; `compare_with` is laid beside it.

    Without `start` from the first recorded event on, without `end` to now.
    """

    campaign: str | None = None
    definition: dict[str, Json] | None = None
    how: How | None = None
    start: datetime | None = None
    end: datetime | None = None
    compare_with: SideRequest | None = None


class SideDetails(msgspec.Struct, frozen=True, kw_only=True):
    """One side: the campaign, how it was run, and the definition that was tried."""

    campaign: str
    how: How
    definition: dict[str, Json] | None


class BacktestLine(msgspec.Struct, frozen=True, kw_only=True):
    """A backtest in a list; `done` of `total` events were read."""

    id: str
    campaign: str
    status: Status
    asked_at: datetime
    asked_by: str
    start: datetime
    end: datetime
    done: int
    total: int
    finished_at: datetime | None


class BacktestList(msgspec.Struct, frozen=True, kw_only=True):
    """The backtests that are kept, the one asked for last first."""

    backtests: list[BacktestLine]


class BacktestDetails(BacktestLine, frozen=True, kw_only=True):
    """A backtest with what came out; `problem` says why it failed."""

    tested: SideDetails
    compare_with: SideDetails | None
    problem: str
    result: Totals | None
    compared_result: Totals | None
    difference: Difference | None


@post(
    "/backtests",
    scope="campaigns:read decisions:read",
    accepts="BacktestRequest",
    status_code=202,
    sync_to_thread=True,
    operation_id="start_backtest",
)
def start_backtest(site: Shared, request: AnyRequest, document: JsonBody) -> BacktestDetails:
    """Run a campaign over recorded events; nothing is delivered."""
    asked = build(BacktestRequest, document)
    other = asked.compare_with
    started = site.backtests.start(
        _wanted(asked.campaign, asked.definition, asked.how, ""),
        start=asked.start,
        end=asked.end,
        against=_wanted(other.campaign, other.definition, other.how, "compare_with.") if other else None,
        by=str(request.scope.get("auth") or ""),
    )
    return _details(started)


@get("/backtests", scope="campaigns:read", sync_to_thread=True, operation_id="list_backtests")
def list_backtests(site: Shared) -> BacktestList:
    """List the backtests that are kept."""
    return BacktestList(backtests=[_line(one) for one in site.backtests.latest()])


@get(
    "/backtests/{backtest:str}",
    scope="campaigns:read decisions:read",
    sync_to_thread=True,
    operation_id="read_backtest",
)
def read_backtest(site: Shared, backtest: FromPath[str]) -> BacktestDetails:
    """Read a backtest: how far it is, and what came out."""
    return _details(site.backtests.load(backtest))


@post(
    "/backtests/{backtest:str}/cancel",
    scope="campaigns:read decisions:read",
    status_code=200,
    sync_to_thread=True,
    operation_id="cancel_backtest",
)
def cancel_backtest(site: Shared, backtest: FromPath[str]) -> BacktestDetails:
    """End a backtest that waits or runs; one that has ended stays as it is."""
    return _details(site.backtests.cancel(backtest))


HANDLERS: list[HTTPRouteHandler] = [start_backtest, list_backtests, read_backtest, cancel_backtest]


def _wanted(campaign: str | None, definition: dict[str, Json] | None, how: How | None, path: str) -> Wanted:
    if (campaign is None) is (definition is None):
        hint = "Give `campaign`, the id of a saved one, or `definition`."
        raise rejected("one_of", f"{path}campaign", "needs either a campaign or a definition", hint)
    if campaign is not None:
        return Wanted(campaign=campaign, how=how)
    try:
        return Wanted(campaign=build(Campaign, definition), how="as_if_live")
    except Rejected as error:
        place = f"{path}definition."
        raise Rejected(
            msgspec.structs.replace(one, path=f"{place}{one.path}".rstrip(".")) for one in error.problems
        ) from None


def _line(one: Backtest) -> BacktestLine:
    return BacktestLine(**_common(one))  # type: ignore[arg-type]  # the fields of the same names


def _details(one: Backtest) -> BacktestDetails:
    return BacktestDetails(
        **_common(one),  # type: ignore[arg-type]  # the fields of the same names
        tested=_side(one.side),
        compare_with=_side(one.against) if one.against else None,
        problem=one.problem,
        result=one.result,
        compared_result=one.against_result,
        difference=one.difference,
    )


def _common(one: Backtest) -> dict[str, object]:
    names = [name for name in BacktestLine.__struct_fields__ if name != "campaign"]
    return {"campaign": one.side.campaign, **{name: getattr(one, name) for name in names}}


def _side(side: Side) -> SideDetails:
    return SideDetails(campaign=side.campaign, how=side.how, definition=side.definition)
