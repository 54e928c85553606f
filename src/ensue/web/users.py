"""Users over the API: what is known of one, what happened, many at once, forgetting one.

One rule: nothing is changed here but by an event (`services.people`).
"""

from datetime import datetime
from typing import Annotated, get_args

import msgspec
from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from ensue.codec.build import build
from ensue.core.effects import Decision
from ensue.core.events import Json
from ensue.core.state import Entry, UserState
from ensue.core.words import SubscribedChannel, Subscription
from ensue.errors import Problem, Rejected, rejected
from ensue.history import Tale
from ensue.ports import Store
from ensue.web.bodies import JsonBody
from ensue.web.campaigns import After, ByOutcome, DecisionList, Limit, decision_list
from ensue.web.site import Shared
from ensue.web.track_items import Arrival, attributes_of

MOST = 1000
"""Users put in one request."""
SUBSCRIBED: tuple[SubscribedChannel, ...] = get_args(SubscribedChannel)


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """An entry without an outcome; `postponed_to` while quiet hours hold it back."""

    entry: str
    campaign: str
    version: int
    trigger: str
    triggered_at: datetime
    due_at: datetime
    postponed_to: datetime | None
    is_being_sent: bool


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a user."""

    external_id: str
    first_seen_at: datetime
    attributes: dict[str, Json]
    subscriptions: dict[SubscribedChannel, Subscription]
    devices: int
    has_bounced: bool
    waiting: list[Waiting]


class EventList(msgspec.Struct, frozen=True, kw_only=True):
    """Events with their numbers in the log, the latest first."""

    events: list[Tale]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A user to be put, with attributes to be set; null removes one."""

    external_id: str
    attributes: dict[str, Json] = {}


class People(msgspec.Struct, frozen=True, kw_only=True):
    """Users to be put."""

    users: Annotated[tuple[Person, ...], Meta(min_length=1, max_length=MOST)]


class Put(msgspec.Struct, frozen=True, kw_only=True):
    """How many users were put, durably."""

    users: int


class FeedCards(msgspec.Struct, frozen=True, kw_only=True):
    """The cards of a feed: pinned, then unread, then the newest first."""

    cards: list[dict[str, object]]


@post("/users", scope="users:write", accepts="People", sync_to_thread=True, operation_id="put_users")
def put_users(site: Shared, document: JsonBody) -> Put:
    """Set attributes of up to 1,000 users, all or none; those who are not there yet are made."""
    people = build(People, document).users
    now = site.clock.now()
    problems: list[Problem] = []
    for place, person in enumerate(people):
        try:
            attributes_of({**person.attributes, "external_id": person.external_id}, Arrival("", now))
        except Rejected as error:
            problems += [_placed(problem, place) for problem in error.problems]
    if problems:
        raise Rejected(problems)
    site.people.put([(person.external_id, person.attributes) for person in people])
    return Put(users=len(people))


@get("/users/{user:str}", scope="users:read", sync_to_thread=True, operation_id="read_user")
def read_user(site: Shared, user: FromPath[str]) -> Profile:
    """Read what is known of a user."""
    return _profile(site.people.load(user))


@delete("/users/{user:str}", scope="users:write", sync_to_thread=True, operation_id="delete_user")
def delete_user(site: Shared, user: FromPath[str]) -> None:
    """Delete a user: what waits is suppressed, what was known is forgotten."""
    site.people.delete(user)


@get("/users/{user:str}/decisions", scope="decisions:read", sync_to_thread=True, operation_id="list_decisions_of_user")
def list_decisions_of_user(
    site: Shared,
    user: FromPath[str],
    *,
    campaign: FromQuery[str | None] = None,
    outcome: ByOutcome = None,
    after: After = 0,
    limit: Limit = 100,
) -> DecisionList:
    """List decisions about a user, also a deleted one, each as it stands last."""

    def read(store: Store) -> list[tuple[int, Decision]]:
        _check_heard_of(store, user)
        return store.ledger.decisions(user=user, campaign=campaign, outcome=outcome, after=after, limit=limit)

    return decision_list(site.runner.read(read), limit)


@get("/users/{user:str}/events", scope="users:read", sync_to_thread=True, operation_id="list_events_of_user")
def list_events_of_user(site: Shared, user: FromPath[str], limit: Limit = 100) -> EventList:
    """List the latest events of a user, also a deleted one."""

    def read(store: Store) -> list[Tale]:
        _check_heard_of(store, user)
        return store.ledger.events_of(user, limit)

    return EventList(events=site.runner.read(read))


@get("/users/{user:str}/feed", scope="users:read", sync_to_thread=True, operation_id="read_feed_of_user")
def read_feed_of_user(site: Shared, user: FromPath[str]) -> FeedCards:
    """Read the cards that a user sees now, in order; somebody unknown sees what a newcomer does."""
    return FeedCards(cards=site.feed.cards(user))


HANDLERS: list[HTTPRouteHandler] = [
    put_users,
    read_user,
    delete_user,
    list_decisions_of_user,
    list_events_of_user,
    read_feed_of_user,
]


def _check_heard_of(store: Store, user: str) -> None:
    if not store.journal.load([user]):
        raise rejected("unknown_user", "user", f"there is no user '{user}'", "Send an attribute or event first.")


def _profile(state: UserState) -> Profile:
    return Profile(
        external_id=state.user,
        first_seen_at=state.first_seen_at,
        attributes=state.attributes,
        subscriptions={channel: state.subscriptions.get(channel, "subscribed") for channel in SUBSCRIBED},
        devices=len(state.devices),
        has_bounced=state.bounced_email is not None,
        waiting=[_waiting(entry) for entry in state.entries],
    )


def _waiting(entry: Entry) -> Waiting:
    return Waiting(
        entry=entry.id,
        campaign=entry.campaign,
        version=entry.version,
        trigger=entry.trigger,
        triggered_at=entry.triggered_at,
        due_at=entry.due_at,
        postponed_to=entry.postponed_to,
        is_being_sent=bool(entry.pending),
    )


def _placed(problem: Problem, place: int) -> Problem:
    within = problem.path if problem.path == "external_id" else f"attributes.{problem.path}".rstrip(".")
    return msgspec.structs.replace(problem, path=f"users[{place}].{within}")
