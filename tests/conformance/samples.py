"""Small records for the conformance suites: plain functions of numbers, no chance and no clock."""

from datetime import UTC, datetime, timedelta
from typing import get_args

from ensue.apps import App
from ensue.core.effects import Count, Decision, Keep, Log, Message, Outcome, Reason, Send
from ensue.core.events import CampaignInteracted, CustomEventLogged, Json
from ensue.core.records import Campaign, CampaignState, Card, CardState, Segment, Spell, Version
from ensue.core.state import Entry, UserState
from ensue.ports import Key, Run

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def entry(campaign: str, due: float, *, postponed: float | None = None) -> Entry:
    return Entry(
        id=f"entry-{campaign}",
        campaign=campaign,
        version=1,
        trigger="start_session",
        event="event",
        triggered_at=START,
        due_at=at(due),
        entered_at=START,
        postponed_to=None if postponed is None else at(postponed),
    )


def state(user: str, *due: float, exists: bool = True, **attributes: Json) -> UserState:
    return UserState(
        user=user,
        first_seen_at=START,
        exists=exists,
        attributes=attributes,
        entries=tuple(entry(f"campaign-{place}", minutes) for place, minutes in enumerate(due)),
    )


def message(identity: str, *, campaign: str = "news", created: float = 0) -> Message:
    return Message(
        id=identity,
        entry=f"entry-of-{identity}",
        user="ana",
        campaign=campaign,
        version=1,
        variation="A",
        channel="email",
        created_at=at(created),
        properties={"price": 12.5, "of": [1, None, {"deep": True}]},
    )


def event(identity: str, user: str = "ana", minutes: float = 0) -> CustomEventLogged:
    return CustomEventLogged(
        id=identity, user=user, at=at(minutes), received_at=at(minutes + 1), name="viewed", properties={"n": 1}
    )


def interaction(identity: str, user: str = "ana", campaign: str = "news") -> CampaignInteracted:
    return CampaignInteracted(
        id=identity, user=user, at=START, received_at=START, campaign=campaign, interaction="receive_email"
    )


def decision(identity: str, outcome: Outcome, *, user: str = "ana", campaign: str = "news") -> Decision:
    return Decision(
        id=identity,
        user=user,
        campaign=campaign,
        version=1,
        outcome=outcome,
        trigger="start_session",
        event="event",
        triggered_at=START,
        at=at(1),
        reason=_reason(outcome),
        due_at=at(2),
        channels=("email",),
        facts={"audience": False, "spent": 1.5},
    )


def _reason(outcome: Outcome) -> Reason | None:
    match outcome:
        case "refused":
            return "not_in_audience"
        case "suppressed":
            return "not_reachable"
        case _:
            return None


def keep(identity: str, outcome: Outcome, *, user: str = "ana", campaign: str = "news") -> Keep:
    return Keep(decision=decision(identity, outcome, user=user, campaign=campaign))


def send(identity: str) -> Send:
    return Send(message=message(identity))


def log(identity: str, user: str = "ana") -> Log:
    return Log(event=interaction(identity, user))


def count(name: str, amount: float = 1, *, campaign: str = "news", variation: str = "A", minutes: float = 0) -> Count:
    return Count(campaign=campaign, variation=variation, name=name, at=at(minutes), amount=amount)


def run(identity: str, *, campaign: str = "news", minutes: float = 0, finished: float | None = None) -> Run:
    return Run(
        id=identity,
        campaign=campaign,
        at=at(minutes),
        total=10,
        zones=("", "Europe/Stockholm"),
        finished_at=None if finished is None else at(finished),
    )


def campaign(identity: str, *names: str, spells: int = 0) -> CampaignState:
    return CampaignState(
        id=identity,
        status="active" if spells else "draft",
        versions=tuple(
            Version(number=number, saved_at=at(number), campaign=Campaign(id=identity, name=name))
            for number, name in enumerate(names, 1)
        ),
        spells=tuple(Spell(begun_at=at(place), ended_at=at(place + 0.5)) for place in range(spells)),
    )


def card(identity: str, title: str = "") -> CardState:
    return CardState(id=identity, status="active", card=Card(id=identity, title=title), spells=(Spell(begun_at=START),))


def segment(identity: str, name: str = "") -> Segment:
    return Segment(id=identity, name=name)


def key(identity: str, digit: str = "0", *, minutes: float = 0, revoked: float | None = None) -> Key:
    return Key(
        id=identity,
        name=f"Key {identity}",
        digest=digit * 64,
        scopes=("track", "manage"),
        created_at=at(minutes),
        revoked_at=None if revoked is None else at(revoked),
    )


def app(identity: str, *, secret: str | None = None, minutes: float = 0, revoked: float | None = None) -> App:
    return App(
        id=identity,
        name=f"App {identity}",
        origins=("https://shop.example", "https://www.shop.example"),
        secret=secret,
        requires_token=secret is not None,
        created_at=at(minutes),
        revoked_at=None if revoked is None else at(revoked),
    )
