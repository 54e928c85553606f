"""The Ledger on SQLite: events, decisions, messages, figures.

One rule: the log is written in order; its one index is of interactions and grows in order, too. What else must be
found quickly has its own small table.
Not here: what `decide` needs (`journal`).
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import assert_never, get_args

import msgspec

from ensue.core.effects import Decision, Effects, Message, Outcome
from ensue.core.events import CampaignInteracted, CardInteracted, Event
from ensue.core.occasions import original_in
from ensue.core.triggers import InteractWithCampaign, InteractWithCard
from ensue.history import Crossing, DailyFigure, Figure, Interacted, Question, Skimmed, Tale
from ensue.store.batch import EPOCH, gather
from ensue.store.database import Cell, Database, Row
from ensue.store.instants import micros
from ensue.store.statements import statements

SQL = statements("ledger")
KINDS = {kind: str(kind.__struct_config__.tag) for kind in get_args(Event)}

LAST = 2**63 - 1
"""The highest number there can be."""

_encode = msgspec.json.Encoder().encode
_decision = msgspec.json.Decoder(Decision).decode
_message = msgspec.json.Decoder(Message).decode
_event = msgspec.json.Decoder(Event).decode


class SqliteLedger:
    """History: events, decisions, messages, counts."""

    def __init__(self, database: Database) -> None:
        """Work on this database."""
        self._database = database

    def append(self, events: Sequence[Event], effects: Sequence[Effects]) -> None:
        """Record events in order, then the interactions, decisions, messages and counts of the effects."""
        found = gather(effects)
        with self._database.writing():
            self._write("append_events", [_event_row(event) for event in (*events, *found.events)])
            self._write("keep_decisions", [_decision_row(decision) for decision in found.decisions])
            self._write("keep_messages", [(message.id, _text(message)) for message in found.messages])
            self._write("count", [(*key, amount) for key, amount in found.totals.items()])
            self._write("count_by_day", [(*key, amount) for key, amount in found.amounts.items()])

    def decisions(
        self,
        *,
        user: str | None = None,
        campaign: str | None = None,
        outcome: Outcome | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> list[tuple[int, Decision]]:
        """Return decisions, each as it stands last, with the number of its first appearance, ascending from `after`."""
        name = "decisions"
        parameters: dict[str, Cell] = {"outcome": outcome, "after": after, "limit": limit}
        match user, campaign:
            case str(), str():
                name = "decisions_of_user_and_campaign"
                parameters |= {"user": user, "campaign": campaign}
            case str(), None:
                name = "decisions_of_user"
                parameters |= {"user": user}
            case None, str():
                name = "decisions_of_campaign"
                parameters |= {"campaign": campaign}
        return [(number, _decision(body)) for number, body in self._database.rows(SQL[name], parameters)]

    def latest_decisions(
        self, *, campaign: str | None = None, before: int | None = None, limit: int = 100
    ) -> list[tuple[int, Decision]]:
        """Return decisions with numbers below `before`, the latest first."""
        parameters: dict[str, Cell] = {
            "campaign": campaign,
            "before": LAST if before is None else before,
            "limit": limit,
        }
        name = "latest_decisions" if campaign is None else "latest_decisions_of"
        return [(number, _decision(body)) for number, body in self._database.rows(SQL[name], parameters)]

    def waiting_users(self, campaign: str, after: str, limit: int) -> list[str]:
        """Return users with an entry of the campaign that waits or is being sent, ids above `after`, in byte order."""
        parameters: dict[str, Cell] = {"campaign": campaign, "after": after, "limit": limit}
        return [user for (user,) in self._database.rows(SQL["waiting_users"], parameters)]

    def outcomes(self, campaign: str | None = None) -> dict[str, dict[str, int]]:
        """Return, by campaign, how many decisions stand at each outcome; refused and suppressed as `outcome:reason`."""
        found: dict[str, dict[str, int]] = {}
        for name, outcome, amount in self._of("outcomes", campaign):
            found.setdefault(name, {})[outcome] = amount
        return found

    def figures(self, campaign: str | None = None) -> list[Figure]:
        """Return the counts by campaign, variation and name, sorted."""
        return [
            Figure(campaign=row[0], variation=row[1], name=row[2], amount=row[3])
            for row in self._of("figures", campaign)
        ]

    def crossings(self, campaign: str | None = None) -> list[Crossing]:
        """Return the counts by connection, sorted by follow-on, original, interaction, name."""
        return [
            Crossing(original=row[0], interaction=row[1], campaign=row[2], name=row[3], amount=row[4])
            for row in self._of("crossings", campaign)
        ]

    def figures_by_day(self, campaign: str, since: date = date.min) -> list[DailyFigure]:
        """Return a campaign's counts by day (UTC), variation and name, sorted, from `since` on."""
        parameters: dict[str, Cell] = {"campaign": campaign, "since": since.toordinal() - EPOCH}
        return [
            DailyFigure(
                campaign=row[0], variation=row[1], day=date.fromordinal(row[2] + EPOCH), name=row[3], amount=row[4]
            )
            for row in self._database.rows(SQL["figures_by_day"], parameters)
        ]

    def find_message(self, message: str) -> Message | None:
        """Return a message that was ever put into the outbox."""
        row = self._database.row(SQL["find_message"], {"id": message})
        return _message(row[0]) if row else None

    def messages(self, *, after: int = 0, limit: int = 1000) -> list[tuple[int, Message]]:
        """Return messages that were ever put into the outbox, with their numbers, ascending above `after`."""
        parameters: dict[str, Cell] = {"after": after, "limit": limit}
        return [(number, _message(body)) for number, body in self._database.rows(SQL["messages"], parameters)]

    def events(self, *, after: int = 0, limit: int = 1000) -> list[Tale]:
        """Return recorded events in order of the log."""
        return [_tale(row) for row in self._database.rows(SQL["events"], {"after": after, "limit": limit})]

    def latest_events(self, *, before: int | None = None, limit: int = 100) -> list[Tale]:
        """Return recorded events with numbers below `before`, the latest first."""
        parameters: dict[str, Cell] = {"before": LAST if before is None else before, "limit": limit}
        return [_tale(row) for row in self._database.rows(SQL["latest_events"], parameters)]

    def skim(self, after: int, until: int, kinds: Collection[str] | None = None) -> list[Skimmed]:
        """Return recorded events, not read yet, with numbers above `after` and up to `until`, of these kinds."""
        parameters: dict[str, Cell] = {"after": after, "until": until}
        if kinds is None:
            return self._database.rows(SQL["skim_events"], parameters)
        parameters["kinds"] = _encode(sorted(kinds)).decode()
        return self._database.rows(SQL["skim_events_of_kinds"], parameters)

    def events_of(self, user: str, limit: int = 100, *, after: int = 0, before: int | None = None) -> list[Tale]:
        """Return a user's last events, the latest first. Slow: it reads the log from its end, or from `before`."""
        last = LAST if before is None else before
        parameters: dict[str, Cell] = {"user": user, "limit": limit, "after": after, "before": last}
        return [_tale(row) for row in self._database.rows(SQL["events_of"], parameters)]

    def interacted(self, questions: Sequence[Question]) -> Interacted:
        """Count, by an index and exactly, the users and recorded interactions that meet any of the questions."""
        asked = [one for question in questions for one in _asked(question)]
        (users, interactions) = self._database.rows(SQL["interacted"], {"asked": _encode(asked).decode()})[0]
        return Interacted(users=users, interactions=interactions)

    def _write(self, name: str, rows: list[tuple[Cell, ...]]) -> None:
        if rows:
            self._database.write_many(SQL[name], rows)

    def _of(self, name: str, campaign: str | None) -> list[Row]:
        if campaign is None:
            return self._database.rows(SQL[name])
        return self._database.rows(SQL[f"{name}_of"], {"campaign": campaign})


def _event_row(event: Event) -> tuple[Cell, ...]:
    """Return the row of an event; a future time is that of its arrival (O3), while the body has it as it was told."""
    at = micros(min(event.at, event.received_at))
    interaction = event.interaction if isinstance(event, CampaignInteracted | CardInteracted) else None
    return event.user, at, KINDS[type(event)], _text(event), original_in(event), interaction


def _asked(question: Question) -> Iterator[dict[str, str | int | None]]:
    """Yield what the statement asks, once for each span."""
    trigger = question.trigger
    named: dict[str, str | int | None] = {"interaction": trigger.interaction}
    match trigger:
        case InteractWithCampaign():
            opens = None if trigger.opens == "any" else trigger.opens
            named |= {"original": trigger.campaign, "link": trigger.link, "button": trigger.button, "opens": opens}
            named["conversion"] = trigger.conversion
        case InteractWithCard():
            named["original"] = trigger.card
        case _:
            assert_never(trigger)
    for since, until in question.spans:
        yield {**named, "since": micros(since), "until": LAST if until is None else micros(until)}


def _decision_row(decision: Decision) -> tuple[Cell, ...]:
    return (
        decision.user,
        decision.campaign,
        decision.id,
        decision.outcome,
        decision.reason,
        _text(decision),
    )


def _text(record: Event | Decision | Message) -> str:
    return _encode(record).decode()


def _tale(row: Row) -> Tale:
    return Tale(number=row[0], event=_event(row[1]))
