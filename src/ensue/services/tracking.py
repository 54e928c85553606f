"""From what the outside reports to events: attribution, spreading, submission (I1, I2, F3).

One rule: what names something that does not exist is refused with a clear error, never silently dropped.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from ensue.core.effects import Message
from ensue.core.events import (
    ApiCalled,
    AttributesChanged,
    CampaignInteracted,
    CardInteracted,
    Event,
    Properties,
    SubscriptionChanged,
)
from ensue.core.interacting import UNSUBSCRIBING
from ensue.core.occasions import channel_of
from ensue.core.records import ApiTriggered, Campaign, External
from ensue.core.state import UserState
from ensue.core.words import CampaignInteraction, CardInteraction, ChannelName, SubscribedChannel, Subscription
from ensue.errors import Problem, Rejected, rejected
from ensue.ports import Clock, Runner, Store
from ensue.services.definitions import load_campaign, load_card


class Reported(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An interaction as it is reported from outside: with a message, or a campaign, or a card.

    `at` defaults to now. `id` is the reporter's; without one it is made of the message, the kind and the time (I1).
    """

    user: str
    interaction: CampaignInteraction | CardInteraction
    campaign: str | None = None
    card: str | None = None
    message: str | None = None
    id: str | None = None
    at: datetime | None = None
    link: str | None = None
    button: str | None = None
    opens: Literal["human", "machine"] = "human"
    conversion: Literal["A", "B", "C", "D"] | None = None
    permanent: bool = True


CARD_KINDS = ("view_card", "click_card", "dismiss_card")
CHANNEL_OF: dict[str, ChannelName] = {
    "view_in_app_message": "in_app_message",
    "click_in_app_message": "in_app_message",
    "dismiss_in_app_message": "in_app_message",
    "directly_open_push": "push",
}
"""Interactions with messages of one channel only, as pages and apps report them."""


class Tracking:
    """Takes up what users did."""

    def __init__(self, runner: Runner, clock: Clock) -> None:
        """Bring events to this runner."""
        self._runner = runner
        self._clock = clock

    def submit(self, events: Sequence[Event]) -> list[bool]:
        """Submit events, in order; unsubscribing covers every user with that address (F3). Durable on return."""
        return self._runner.submit([*events, *self._spread(events)])[: len(events)] if events else []

    def report(self, reports: Sequence[Reported], *, create_users: bool = False) -> list[bool]:
        """Submit interactions; those that cannot be attributed refuse them all, with the place of each (I2).

        With `create_users` users whom nobody ever knew are made; one who was deleted stays deleted.
        """
        now = self._clock.now()

        def check(store: Store) -> tuple[list[Event], list[Event]]:
            states = store.journal.load(list({one.user for one in reports}))
            missing = {one.user: one.at or now for one in reversed(reports) if one.user not in states}
            events = _checked(store, reports, states, {*missing} if create_users else set(), now)
            return ([_made(user, at, now) for user, at in missing.items()] if create_users else []), events

        made, events = self._runner.read(check)
        return self.submit([*made, *events])[len(made) :]

    def attributed(self, one: Reported, path: str = "") -> Event:
        """Return the event of an interaction, to be submitted with others, or refuse it (I2).

        Whether the user is known is not looked at: an event before it in the same submission may make them known.
        """
        now = self._clock.now()
        return self._runner.read(lambda store: _attributed(store, one, path, now))

    def call(self, campaign: str, users: Sequence[str], properties: Properties, event_id: str) -> None:
        """Trigger an API-triggered campaign for users; `event_id` makes a repeated call harmless."""
        now = self._clock.now()

        def check(store: Store) -> None:
            state = load_campaign(store.catalog, campaign)
            if not isinstance(state.versions[-1].campaign.delivery, ApiTriggered):
                message = f"the campaign '{campaign}' is not API-triggered"
                raise rejected("not_api_triggered", "campaign", message, "Set its delivery type to api_triggered.")
            if state.status != "active":
                raise rejected("not_active", "campaign", f"the campaign '{campaign}' is {state.status}", "Launch it.")
            for place, user in enumerate(users):
                _load_user(store, user, f"users[{place}]")

        self._runner.read(check)
        self.submit(
            [
                ApiCalled(id=event_id, user=user, at=now, received_at=now, campaign=campaign, properties=properties)
                for user in users
            ]
        )

    def subscribe(self, user: str, channel: SubscribedChannel, to: Subscription, event_id: str) -> None:
        """Set a subscription state; unsubscribing from e-mail covers every user with that address (F3)."""
        now = self._clock.now()
        self._runner.read(lambda store: _load_user(store, user, "user"))
        event = SubscriptionChanged(id=event_id, user=user, at=now, received_at=now, channel=channel, to=to)
        self.submit([event])

    def _spread(self, events: Sequence[Event]) -> list[Event]:
        """Return the unsubscriptions of others who share the address."""
        leaving = [event for event in events if _unsubscribes(event)]
        if not leaving:
            return []
        return self._runner.read(lambda store: [other for event in leaving for other in _others(store, event)])


def _unsubscribes(event: Event) -> bool:
    match event:
        case CampaignInteracted():
            return event.interaction in UNSUBSCRIBING
        case SubscriptionChanged():
            return event.channel == "email" and event.to == "unsubscribed"
        case _:
            return False


def _others(store: Store, event: Event) -> list[Event]:
    state = store.journal.load([event.user]).get(event.user)
    address = state.attributes.get("email") if state else None
    if not isinstance(address, str) or not address:
        return []
    return [
        SubscriptionChanged(
            id=f"{event.id}:{user}",
            user=user,
            at=event.at,
            received_at=event.received_at,
            channel="email",
            to="unsubscribed",
        )
        for user in store.journal.with_email(address)
        if user != event.user
    ]


def _load_user(store: Store, user: str, path: str) -> None:
    state = store.journal.load([user]).get(user)
    if state is None or not state.exists:
        raise _unknown_user(user, path)


def _checked(
    store: Store, reports: Sequence[Reported], states: Mapping[str, UserState], made: set[str], now: datetime
) -> list[Event]:
    """Return the events of interactions; raise `Rejected` with every one that cannot be attributed."""
    events: list[Event] = []
    problems: list[Problem] = []
    for place, one in enumerate(reports):
        path, state = f"interactions[{place}].", states.get(one.user)
        try:
            if one.user not in made and (state is None or not state.exists):
                raise _unknown_user(one.user, f"{path}user", is_deleted=state is not None)
            events.append(_attributed(store, one, path, now))
        except Rejected as error:
            problems += error.problems
    if problems:
        raise Rejected(problems)
    return events


def _made(user: str, at: datetime, now: datetime) -> AttributesChanged:
    """Return the event that makes a user known, when their first interaction happened."""
    return AttributesChanged(id=f"reported:{user}", user=user, at=at, received_at=now, attributes={})


def _unknown_user(user: str, path: str, *, is_deleted: bool = False) -> Rejected:
    if is_deleted:
        hint = "Leave it out; an attribute or event of theirs would make them anew."
        return rejected("unknown_user", path, f"the user '{user}' was deleted", hint)
    return rejected("unknown_user", path, f"there is no user '{user}'", "Send an attribute or event first.")


def _attributed(store: Store, one: Reported, path: str, now: datetime) -> Event:
    """Return the event of a reported interaction, attributed by its message where it names one (I2)."""
    if one.interaction in CARD_KINDS:
        return _card_event(store, one, path, now)
    message = _load_message(store, one, path) if one.message else None
    campaign = one.campaign or (message.campaign if message else None)
    if campaign is None:
        raise rejected("missing", f"{path}campaign", "names neither campaign nor message", "Give one of the two.")
    if message is not None and message.campaign != campaign:
        hint = f"The message belongs to '{message.campaign}'."
        raise rejected("mismatch", f"{path}campaign", "is not the campaign of the message", hint)
    definition = load_campaign(store.catalog, campaign, f"{path}campaign").versions[-1].campaign
    _refuse_unclaimed(definition, one, path)
    at = one.at or now
    channel: ChannelName | None = message.channel if message else None
    return CampaignInteracted(
        id=one.id or f"{one.message or campaign}:{one.interaction}:{one.link or one.button or ''}:{at.isoformat()}",
        user=one.user,
        at=at,
        received_at=now,
        campaign=campaign,
        interaction=one.interaction,  # type: ignore[arg-type]  # the kinds of cards were dealt with above
        message=one.message,
        entry=message.entry if message else None,
        variation=message.variation if message else None,
        channel=channel,
        link=one.link,
        button=one.button,
        opens=one.opens,
        conversion=one.conversion,
        permanent=one.permanent,
    )


def _refuse_unclaimed(campaign: Campaign, one: Reported, path: str) -> None:
    """Refuse an interaction by a channel that the other system does not send the campaign by (B8)."""
    delivery = campaign.delivery
    if not isinstance(delivery, External) or not delivery.channels:
        return
    channel = channel_of(one.interaction)  # type: ignore[arg-type]  # the kinds of cards are dealt with elsewhere
    if channel is not None and channel not in delivery.channels:
        text = f"'{campaign.id}' is not sent by {channel}"
        hint = f"Its delivery says {', '.join(delivery.channels)}."
        raise rejected("unclaimed_channel", f"{path}interaction", text, hint)


def _card_event(store: Store, one: Reported, path: str, now: datetime) -> CardInteracted:
    if one.card is None:
        raise rejected("missing", f"{path}card", "is missing", "Name the card.")
    load_card(store.catalog, one.card, f"{path}card")
    at = one.at or now
    return CardInteracted(
        id=one.id or f"{one.card}:{one.interaction}:{at.isoformat()}",
        user=one.user,
        at=at,
        received_at=now,
        card=one.card,
        interaction=one.interaction,  # type: ignore[arg-type]  # checked by the caller
    )


def _load_message(store: Store, one: Reported, path: str) -> Message:
    message = store.ledger.find_message(one.message or "")
    if message is None or message.user != one.user:
        text = f"there is no message '{one.message}' to '{one.user}'"
        raise rejected("unknown_message", f"{path}message", text, "Use the id that came with the message.")
    if CHANNEL_OF.get(one.interaction, message.channel) != message.channel:
        text = f"the message '{one.message}' is of the channel {message.channel}"
        raise rejected("mismatch", f"{path}message", text, "Use the id that came with the message.")
    return message
