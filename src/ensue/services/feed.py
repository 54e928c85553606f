"""The News Feed: the cards that one user sees now.

One rule: everything is looked up at the moment of the view: the card's life, its times, the audience, the texts. So a
stop, an edit, a purchase or a dismissal shows at the next look, and looking at the feed changes nothing by itself.
"""

from datetime import datetime
from functools import partial

import msgspec
import structlog

from ensue.content.card import render_card
from ensue.content.liquid import Aborted, TemplateFault
from ensue.core.filters import in_audience
from ensue.core.plan import Plan
from ensue.core.records import Card, CardState
from ensue.core.state import CardTouch, UserState
from ensue.ports import Clock, Runner

UNTOUCHED = CardTouch()
log = structlog.get_logger(__name__)


class Feed:
    """Puts feeds together."""

    def __init__(self, runner: Runner, clock: Clock) -> None:
        """Look into this runner."""
        self._runner = runner
        self._clock = clock

    def cards(self, user: str) -> list[dict[str, object]]:
        """Return the cards that a user sees, in order: pinned, then unread, then the newest first.

        Somebody who is not known (any more) sees what a person sees who came this moment.
        """
        now, plan = self._clock.now(), self._runner.plan
        state = self._state(user, now)
        seen = [one for one in plan.cards.values() if _is_shown(one, state, plan, now)]
        return [shown for one in sorted(seen, key=partial(_place, state)) for shown in _tried(one, state, now)]

    def _state(self, user: str, now: datetime) -> UserState:
        state = self._runner.read(lambda store: store.journal.load([user])).get(user)
        return state if state is not None and state.exists else UserState(user=user, first_seen_at=now)


def card_of(card: Card, state: UserState, now: datetime, published_at: datetime) -> dict[str, object]:
    """Return a card as one user sees it, ready for JSON; raises `Aborted` and `TemplateFault`."""
    touch = state.cards.get(card.id, UNTOUCHED)
    shown: dict[str, object] = {
        "card": card.id,
        "category": card.category,
        "layout": card.layout,
        **render_card(card, state, now),
        "pinned": card.pinned,
        "viewed": touch.viewed_at is not None,
        "clicked": touch.clicked_at is not None,
        "published_at": msgspec.to_builtins(published_at),
    }
    if card.expires_at is not None:
        shown["expires_at"] = msgspec.to_builtins(card.expires_at)
    return shown


def _is_shown(one: CardState, state: UserState, plan: Plan, now: datetime) -> bool:
    card = one.card
    is_out = one.status == "active" and (card.publish_at is None or card.publish_at <= now)
    is_over = card.expires_at is not None and card.expires_at <= now
    is_dismissed = state.cards.get(card.id, UNTOUCHED).dismissed_at is not None
    return is_out and not is_over and not is_dismissed and in_audience(card.audience, state, now, plan.segments)


def _published_at(one: CardState) -> datetime:
    return one.card.publish_at or one.spells[0].begun_at


def _place(state: UserState, one: CardState) -> tuple[bool, bool, float, str]:
    is_read = state.cards.get(one.id, UNTOUCHED).viewed_at is not None
    return not one.card.pinned, is_read, -_published_at(one).timestamp(), one.id


def _tried(one: CardState, state: UserState, now: datetime) -> list[dict[str, object]]:
    """Return the card, or nothing where its templates give none: the rest of the feed is worth seeing."""
    try:
        return [card_of(one.card, state, now, _published_at(one))]
    except Aborted as aborted:
        log.info("a card left itself out of a feed", card=one.id, user=state.user, why=str(aborted))
    except TemplateFault as fault:
        log.warning("a card cannot be rendered", card=one.id, user=state.user, why=str(fault))
    return []
