"""The life cycle of campaigns and cards: launch, stop, resume, archive (L1 to L4, S13).

One rule: a set is launched whole or not at all, at one instant, follow-ons before their originals.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from msgspec.structs import replace

from ensue.core.connections import connections_of, launch_order
from ensue.core.events import Woken
from ensue.core.records import Campaign, CampaignState, CardState, Scheduled, Spell, Status
from ensue.core.validation import Known, nearest
from ensue.errors import Problem, Rejected, rejected
from ensue.ports import Catalog, Clock, Run, Runner, Store
from ensue.services.definitions import Definitions, known
from ensue.services.hub import FeedChanged, Hub, Withdrawn

Move = Literal["launch", "stop", "resume", "archive", "unarchive"]
MOVES: dict[Move, tuple[frozenset[Status], Status]] = {
    "launch": (frozenset({"draft", "stopped"}), "active"),
    "stop": (frozenset({"active"}), "stopped"),
    "resume": (frozenset({"stopped"}), "active"),
    "archive": (frozenset({"draft", "active", "stopped"}), "archived"),
    "unarchive": (frozenset({"archived"}), "stopped"),
}
"""From which states a move is allowed, and where it leads (L1)."""
SWEPT = 1000
"""Users whose waiting entries are suppressed in one transaction."""


class Launching:
    """Moves campaigns and cards through their lives."""

    def __init__(self, runner: Runner, clock: Clock, definitions: Definitions, hub: Hub | None = None) -> None:
        """Work on the runner's catalog; open pages in the `hub` are told what changes for them."""
        self._hub = hub or Hub()
        self._runner = runner
        self._clock = clock
        self._definitions = definitions

    def move(self, move: Move, ids: Sequence[str]) -> dict[str, Status]:
        """Move all of them or none, at one instant; return their new states in the order in which they were moved.

        Ids are those of campaigns or cards. Follow-ons become active before their originals, however the ids stand.
        """
        before = self._runner.plan
        statuses = self._runner.change(lambda store: self._move(store, move, ids))
        self._tell(move, ids)
        for name in ids:
            launched = before.campaigns.get(name)
            if MOVES[move][1] != "active" and launched is not None and launched.status == "active":
                self._sweep(name)
        return statuses

    def problems(self, move: Move, ids: Sequence[str]) -> list[Problem]:
        """Return what forbids a move now; raise `Rejected` for ids that nothing has."""
        return self._runner.read(lambda store: self._checked(store, move, ids)[1])

    def _tell(self, move: Move, ids: Sequence[str]) -> None:
        """Tell open pages which messages are to be taken off, and that the feed may be another."""
        plan = self._runner.plan
        if MOVES[move][1] != "active":
            for name in ids:
                if name in plan.campaigns:
                    self._hub.tell_all(Withdrawn(name))
        if any(name in plan.cards for name in ids):
            self._hub.tell_all(FeedChanged())

    def finish_stops(self) -> None:
        """Sweep what a process that died left behind; for the start."""
        for name, launched in self._runner.plan.campaigns.items():
            if launched.status != "active":
                self._sweep(name)

    def _move(self, store: Store, move: Move, ids: Sequence[str]) -> dict[str, Status]:
        found, problems = self._checked(store, move, ids)
        if problems:
            raise Rejected(problems)
        now = self._clock.now()
        order = launch_order(found, edges_among(found.values())) if MOVES[move][1] == "active" else found
        return {name: self._moved(store, move, found[name], now) for name in order}

    def _checked(
        self, store: Store, move: Move, ids: Sequence[str]
    ) -> tuple[dict[str, CampaignState | CardState], list[Problem]]:
        """Return what the ids name, each once, and what forbids to move it."""
        others = known(store.catalog)
        found = {name: _find(store.catalog, others, name) for name in ids}
        return found, [problem for one in found.values() for problem in self._problems(move, one, others)]

    def _problems(self, move: Move, one: CampaignState | CardState, others: Known) -> list[Problem]:
        allowed, goal = MOVES[move]
        if one.status not in allowed:
            hint = f"It must be {' or '.join(sorted(allowed))}."
            return [
                Problem(code="status", path=one.id, message=f"'{one.id}' is {one.status}; cannot {move}", hint=hint)
            ]
        if goal != "active":
            return []
        definition = one.card if isinstance(one, CardState) else one.versions[-1].campaign
        problems = self._definitions.problems(others, definition, is_live=bool(one.spells))
        return [replace(problem, path=f"{one.id}: {problem.path}") for problem in problems]

    def _moved(self, store: Store, move: Move, one: CampaignState | CardState, now: datetime) -> Status:
        goal = MOVES[move][1]
        if goal == "active":
            is_first = not one.spells
            spells = (*one.spells, Spell(begun_at=now))
        else:
            is_first = False
            spells = tuple(replace(spell, ended_at=spell.ended_at or now) for spell in one.spells)
        if isinstance(one, CardState):
            store.catalog.save_card(replace(one, status=goal, spells=spells))
            return goal
        store.catalog.save_campaign(replace(one, status=goal, spells=spells))
        if is_first:
            _begin_run(store, one.versions[-1].campaign, now)
        elif one.status == "active":
            _end_runs(store, one.id, now)
        return goal

    def _sweep(self, campaign: str) -> None:
        """Wake everybody who waits for a stopped campaign, so that their entries end at once (L4)."""
        cursor = ""
        while True:
            users = self._waiting(campaign, cursor)
            if not users:
                return
            now, cursor = self._clock.now(), users[-1]
            self._runner.submit([Woken(id="", user=user, at=now, received_at=now) for user in users])

    def _waiting(self, campaign: str, after: str) -> list[str]:
        return self._runner.read(lambda store: store.ledger.waiting_users(campaign, after, SWEPT))


def edges_among(states: Iterable[CampaignState | CardState]) -> dict[str, set[str]]:
    """Return, by original, the follow-ons among these that its interactions trigger."""
    edges: dict[str, set[str]] = {}
    for state in states:
        for edge in connections_of(state.versions[-1].campaign) if isinstance(state, CampaignState) else ():
            if edge.role == "trigger":
                edges.setdefault(edge.original, set()).add(edge.follow_on)
    return edges


def _find(catalog: Catalog, others: Known, name: str) -> CampaignState | CardState:
    found = catalog.find_campaign(name) or catalog.find_card(name)
    if found is None:
        hint = nearest(name, {**others.campaigns, **others.cards})
        raise rejected("unknown", name, f"there is no campaign or card '{name}'", hint)
    return found


def _begin_run(store: Store, campaign: Campaign, now: datetime) -> None:
    """Schedule the run of a campaign that is sent at its launch, in the transaction of the launch (S13)."""
    if isinstance(campaign.delivery, Scheduled) and campaign.delivery.at == "launch":
        total = store.journal.count_users()
        store.journal.save_run(Run(id=f"{campaign.id}:launch", campaign=campaign.id, at=now, total=total))


def _end_runs(store: Store, campaign: str, now: datetime) -> None:
    """End the runs of a stopped campaign where they are; a resume does not go on with them."""
    for run in store.journal.runs(campaign, unfinished=True):
        store.journal.save_run(replace(run, finished_at=now))
