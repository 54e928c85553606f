"""Stories for the tests of the rules: a scenario in a few lines of YAML, what came of it, and both step by step.

One rule: only what is always the same may be left out of a story (see `scenario_of`), never what a test is about.
Not here: expectations. A test compares what came (`outcomes`, `refusals`) with what the rule says.

    play(text)      the whole story at once: `played.outcomes("ana", "follow-on") == ["sent at +1d"]`
    staged(text)    the same world, moved on by hand: launches, stops, saved versions, events
    desk.Desk       `decide` alone for one user: the test itself claims, accepts and fails messages
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from textwrap import dedent
from typing import Any

import msgspec
from msgspec.structs import replace

from ensue.bootstrap import RunnerName, simulation_bench
from ensue.codec.build import build
from ensue.codec.documents import read_document
from ensue.codec.durations import format_offset, parse_duration
from ensue.codec.nodes import read_nodes
from ensue.codec.scenario import Scenario
from ensue.core.effects import Decision
from ensue.core.events import (
    CampaignInteracted,
    Event,
)
from ensue.core.records import Campaign, CampaignState
from ensue.core.state import UserState
from ensue.history import Figure
from ensue.ports import Store
from ensue.services.launching import Move
from ensue.services.simulation import Bench, advance, all_decisions, quiesce, simulate

START = "2026-03-02T09:00:00Z"
"""A Monday."""
CONTENT = {
    "email": {"subject": "S", "html": "<p>S</p>"},
    "push": {"title": "S"},
    "in_app_message": {"body": "S"},
    "webhook": {"url": "https://example.com/hook"},
}
ACTING = ("triggers", "delay", "exceptions", "start", "end", "recheck_audience")
NAMING = {"custom_event": "name", "change_attribute": "name", "change_subscription": "channel"}
Doc = dict[str, Any]


# ---------------------------------------------------------------- the short way to write a scenario


def scenario_of(text: str) -> Scenario:
    """Return the scenario of a story, in which may be left out or shortened:

    - `kind`, `id`, `start` (Monday 2 March 2026, 09:00 UTC), `until` (60 days later)
    - `users`: ana; a user is a name, which has an e-mail address, or a mapping as in the format
    - the `user` of a step: ana
    - the launch: where the timeline launches nothing, everything is launched at the start, in one go
    - of a campaign: `channels` (e-mail), or just their names; `audience` (everyone); `delivery`: triggers, delay,
      exceptions and so on may stand in the campaign itself; without any it is sent at its launch
    - triggers: `start_session`, `{custom_event: signed_up}`, `{newsletter: open_email}`, `{spring-sale: view_card}`
    """
    given = _parsed(text)
    data: Doc = {"kind": "scenario", "id": "story", "start": START, "until": "+60d"} | given
    data["campaigns"] = [_campaign(one) for one in data.get("campaigns", [])]
    data["users"] = [_user(one) for one in data.get("users", ["ana"])]
    steps = [_step(one) for one in data.get("timeline", [])]
    everything = [one["id"] for one in [*data.get("cards", []), *data["campaigns"]]]
    if everything and not any("launch" in step for step in steps):
        steps.insert(0, {"at": "+0s", "launch": everything})
    scenario = read_document(data | {"timeline": steps})
    assert isinstance(scenario, Scenario)
    return scenario


def campaign_of(text: str) -> Campaign:
    """Return one campaign, written as in a story."""
    return build(Campaign, _campaign(_parsed(text)))


def _parsed(text: str) -> Doc:
    (node,) = read_nodes(dedent(text))
    data = node.plain()
    assert isinstance(data, dict)
    return data


def _user(given: str | Doc) -> Doc:
    return given if isinstance(given, dict) else {"id": given, "email": f"{given}@example.com"}


def _step(given: Doc) -> Doc:
    of_a_person = {"does", "set", "subscription", "delete"} & given.keys()
    return {"user": "ana"} | given if of_a_person else given


def _campaign(given: Doc) -> Doc:
    acting = {key: value for key, value in given.items() if key in ACTING}
    full: Doc = {"audience": {"segments": ["everyone"]}, "name": given["id"].capitalize()}
    full |= {key: value for key, value in given.items() if key not in ACTING}
    if "delivery" not in full:
        full["delivery"] = {"type": "action_based", **acting} if acting else {"type": "scheduled", "at": "launch"}
    for role in ("triggers", "exceptions"):
        if full["delivery"] and role in full["delivery"]:
            full["delivery"] = full["delivery"] | {role: [_trigger(one) for one in full["delivery"][role]]}
    if "variations" in full:
        full["variations"] = [one | {"channels": _channels(one.get("channels"))} for one in full["variations"]]
    else:
        full["channels"] = _channels(full.get("channels"))
    return full


def _channels(given: Doc | Sequence[str] | None) -> Doc:
    if isinstance(given, dict):
        return given
    return {name: CONTENT[name] for name in given or ["email"]}


def _trigger(given: str | Doc) -> Doc:
    if isinstance(given, str):
        return {given: {}}
    ((key, value),) = given.items()
    if not isinstance(value, str):
        return given
    if key in NAMING:
        return {key: {NAMING[key]: value}}
    if value.endswith("_card"):
        return {"interact_with_card": {"card": key, "interaction": value}}
    return {"interact_with_campaign": {"campaign": key, "interaction": value}}


# ---------------------------------------------------------------- times and decisions as texts


def instant(offset: str, start: datetime) -> datetime:
    """Return the instant of an offset such as `+1d`, or `-1h`."""
    span = parse_duration(offset[1:])
    return start - span if offset.startswith("-") else start + span


def offset_of(at: datetime, start: datetime) -> str:
    """Return an instant as an offset from the start."""
    return format_offset(at - start) if at >= start else "-" + format_offset(start - at)[1:]


def told(decision: Decision, start: datetime) -> str:
    """Return a decision in a few words: `sent at +1d`, `suppressed (not_reachable) at +1h`, `waiting until +7d`."""
    if decision.outcome == "waiting" and decision.due_at is not None:
        return f"waiting until {offset_of(decision.due_at, start)}"
    why = decision.exception or decision.reason
    return f"{decision.outcome}{f' ({why})' if why else ''} at {offset_of(decision.at, start)}"


def happening(
    kind: Callable[..., Event], start: datetime, at: str, happened: str | None = None, **fields: object
) -> Event:
    """Return an event that arrives at `at`, and happened then unless `happened` says otherwise."""
    times = {"received_at": instant(at, start), "at": instant(happened or at, start)}
    return kind(**{"user": "ana", "id": f"{getattr(kind, '__name__', '')} {at} {fields}"} | times | fields)


# ---------------------------------------------------------------- a whole story


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a story: decisions by time, the log of all events, the figures, and the users as they are now."""

    start: datetime
    decisions: list[Decision]
    log: list[Event]
    figures: list[Figure]
    states: dict[str, UserState]

    def at(self, offset: str) -> datetime:
        """Return the instant of an offset."""
        return instant(offset, self.start)

    def of(self, user: str, campaign: str) -> list[Decision]:
        """Return all decisions about a user and a campaign, refused triggers included."""
        return [one for one in self.decisions if (one.user, one.campaign) == (user, campaign)]

    def outcomes(self, user: str, campaign: str) -> list[str]:
        """Return what came of the entries, as texts (see `told`)."""
        return [told(one, self.start) for one in self.of(user, campaign) if one.outcome != "refused"]

    def refusals(self, user: str, campaign: str) -> list[str]:
        """Return the reasons of refused triggers."""
        return [str(one.reason) for one in self.of(user, campaign) if one.outcome == "refused"]

    def only(self, user: str, campaign: str) -> Decision:
        """Return the one entry there is."""
        (decision,) = (one for one in self.of(user, campaign) if one.outcome != "refused")
        return decision

    def refused(self, user: str, campaign: str) -> Decision:
        """Return the one refused trigger there is."""
        (decision,) = (one for one in self.of(user, campaign) if one.outcome == "refused")
        return decision

    def got(self, campaign: str) -> list[str]:
        """Return the users to whom the campaign was sent, sorted."""
        return sorted(one.user for one in self.decisions if (one.campaign, one.outcome) == (campaign, "sent"))

    def interactions(self, user: str, campaign: str) -> list[str]:
        """Return the interactions with a campaign that are in the log, as `open_email at +1h`."""
        events = [one for one in self.log if isinstance(one, CampaignInteracted)]
        mine = [one for one in events if (one.user, one.campaign) == (user, campaign)]
        return [f"{one.interaction} at {offset_of(one.at, self.start)}" for one in mine]

    def figure(self, campaign: str, name: str, variation: str = "A") -> float:
        """Return a figure of a campaign's report, 0 where there is none."""
        key = (campaign, variation, name)
        return sum(one.amount for one in self.figures if (one.campaign, one.variation, one.name) == key)


def play(text: str, runner: RunnerName = "simulated") -> Played:
    """Run a story to its end; raises `Rejected` where a launch is refused."""
    scenario = scenario_of(text)
    with simulation_bench(runner, scenario.start) as bench:
        simulate(scenario, bench)
        return _played(bench, scenario)


def _played(bench: Bench, scenario: Scenario) -> Played:
    def read(store: Store) -> Played:
        return Played(
            start=scenario.start,
            decisions=sorted(all_decisions(bench), key=lambda one: one.at),
            log=[tale.event for tale in store.ledger.events(limit=10_000)],
            figures=store.ledger.figures(),
            states=store.journal.load([user.id for user in scenario.users]),
        )

    return bench.runner.read(read)


# ---------------------------------------------------------------- a story, moved on by hand


class Stage:
    """The world of a story; every step first lets the time pass until then, then does all there is to do."""

    def __init__(self, bench: Bench, scenario: Scenario) -> None:
        self.bench = bench
        self.scenario = scenario
        self.start = scenario.start

    def until(self, offset: str) -> None:
        """Let the time pass."""
        advance(self.bench, instant(offset, self.start))

    def move(self, move: Move, *ids: str, at: str) -> None:
        """Launch, stop, resume, archive or unarchive campaigns or cards."""
        self.until(at)
        self.bench.launching.move(move, ids)
        quiesce(self.bench)

    def save(self, text: str, *, at: str) -> CampaignState:
        """Save a campaign, written as in a story."""
        self.until(at)
        return self.bench.definitions.save_campaign(campaign_of(text))

    def does(self, kind: Callable[..., Event], at: str, *, happened: str | None = None, **fields: object) -> bool:
        """Let something happen to ana, or to another `user`; say whether it was new."""
        self.until(at)
        (is_new,) = self.bench.tracking.submit([happening(kind, self.start, at, happened, **fields)])
        quiesce(self.bench)
        return is_new

    def campaign(self, campaign: str) -> CampaignState:
        """Return a campaign with its life so far."""
        state = self.bench.runner.read(lambda store: store.catalog.find_campaign(campaign))
        assert state is not None
        return state

    def problems(self, campaign: str) -> list[str]:
        """Return what forbids the launch of a campaign, as `code at path`."""
        problems, _ = self.bench.definitions.check(self.campaign(campaign).versions[-1].campaign)
        return [f"{one.code} at {one.path}" for one in problems]

    def warnings(self, campaign: str) -> list[str]:
        """Return what is probably not meant in a campaign, as `code at path`."""
        _, warnings = self.bench.definitions.check(self.campaign(campaign).versions[-1].campaign)
        return [f"{one.code} at {one.path}" for one in warnings]

    def played(self) -> Played:
        """Return what came of it so far."""
        return _played(self.bench, self.scenario)

    def outcomes(self, user: str, campaign: str) -> list[str]:
        """Return what came of the entries so far, as texts."""
        return self.played().outcomes(user, campaign)

    def refusals(self, user: str, campaign: str) -> list[str]:
        """Return the reasons of refused triggers so far."""
        return self.played().refusals(user, campaign)


@contextmanager
def staged(text: str, runner: RunnerName = "simulated") -> Iterator[Stage]:
    """Prepare the world of a story without a timeline: people are there, definitions are drafts."""
    scenario = replace(scenario_of(text), timeline=())
    with simulation_bench(runner, scenario.start) as bench:
        simulate(replace(scenario, until=timedelta(0)), bench)
        yield Stage(bench, scenario)
