"""Users: found, and each as known: profile, what happened with reasons, messages as they were, leaving.

One rule: whatever changes a user is an event, and a change of people's consent is always in their favour here.
"""

from datetime import datetime
from functools import partial
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from ensue.core.effects import Message
from ensue.core.events import Json
from ensue.core.filters import is_reachable
from ensue.core.state import UserState
from ensue.core.words import ChannelName
from ensue.errors import rejected
from ensue.ports import Store
from ensue.services.definitions import load_campaign
from ensue.services.messaging import content_at
from ensue.services.reasons import CHANNELS, Telling
from ensue.services.searching import Searching
from ensue.services.terms import capital
from ensue.web.dashboard.pages import audit, framed, redirect, render
from ensue.web.dashboard.submitted import Form
from ensue.web.dashboard.timeline import Past, read_past, timeline
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared, Site

USERS = "/dashboard/users"
PAGE = 25
OTHER = "-"
"""Stands in an address for an id that cannot: it follows as `?id=`."""
STANDARD = ("first_name", "last_name", "email", "phone", "country", "language", "time_zone")
"""Attributes that are shown first."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the page of a user shows at its side."""

    attributes: tuple[tuple[str, str], ...]
    name: str
    email: str
    reachable: dict[str, bool]
    has_bounced: bool


def user_path(user: str, part: str = "", **query: str) -> str:
    """Return the address of a user's page, or of a part of it."""
    is_plain = user not in (OTHER, ".", "..") and "/" not in user
    asked = query if is_plain else {"id": user, **query}
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items() if value)
    return f"{USERS}/{quote(user, safe='') if is_plain else OTHER}{part}{f'?{text}' if text else ''}"


# ---------------------------------------------------------------- finding


@get("/users", role="viewer", sync_to_thread=True)
def show_users(site: Shared, request: AnyRequest, q: FromQuery[str] = "", after: FromQuery[str] = "") -> Response[str]:
    """Find users by id, address or attribute."""
    query = q.strip()
    found = Searching(site.runner, site.clock).search(query, after=after, limit=PAGE)
    onward = f"?q={quote(query, safe='')}&after={quote(found.after, safe='')}" if found.after else ""
    return render(
        request,
        site,
        "users.html",
        title="Users",
        query=query,
        found=found,
        rows=[(one, user_path(one.user), known_of(one)) for one in found.users],
        onward=onward,
        is_first=not after,
        total=site.runner.read(lambda store: store.journal.count_users()),
    )


# ---------------------------------------------------------------- one user


@get("/users/{user:str}", role="viewer", sync_to_thread=True)
def show_user(
    site: Shared, request: AnyRequest, user: FromPath[str], before: FromQuery[int | None] = None
) -> Response[str]:
    """Show what is known of a user, and what happened."""
    state = load_user(site, request, user)
    until, is_deep = _instant(request.query_params.get("until", "")), "deep" in request.query_params
    past = site.runner.read(lambda store: read_past(store, state.user, before=before, until=until, is_deep=is_deep))
    telling = telling_of(site)
    return render(
        request,
        site,
        "user.html",
        title=state.user,
        state=state,
        known=known_of(state),
        moments=timeline(past, telling),
        names=telling.names,
        pages=_pages(state.user, past, is_deep=is_deep),
        is_first=before is None,
        channels=CHANNELS,
        base=partial(user_path, state.user),
    )


@post("/users/{user:str}/subscription", role="editor", sync_to_thread=True)
def change_subscription(site: Shared, request: AnyRequest, user: FromPath[str], form: Form) -> Response[None]:
    """Unsubscribe a user from a channel, or take that back."""
    state = load_user(site, request, user)
    channel, to = form.text("channel"), form.text("to")
    if channel not in ("email", "push") or to not in ("subscribed", "unsubscribed"):
        raise rejected("value", "to", "there is no such subscription", "Use the buttons of the page.")
    site.tracking.subscribe(
        state.user,
        "push" if channel == "push" else "email",
        "subscribed" if to == "subscribed" else "unsubscribed",
        site.new_id(),
    )
    audit(site, request, to, f"user {state.user}", CHANNELS["push" if channel == "push" else "email"])
    said = "is unsubscribed" if to == "unsubscribed" else "gets messages again"
    return redirect(user_path(state.user), flash=f"{state.user} {said}.")


@get("/users/{user:str}/delete", role="editor", sync_to_thread=True)
def ask_deletion(site: Shared, request: AnyRequest, user: FromPath[str]) -> Response[str]:
    """Ask whether a user is really to be deleted."""
    state = load_user(site, request, user)
    return render(
        request,
        site,
        "user_delete.html",
        title="Delete this user?",
        state=state,
        known=known_of(state),
        base=partial(user_path, state.user),
    )


@post("/users/{user:str}/delete", role="editor", sync_to_thread=True)
def delete_user(site: Shared, request: AnyRequest, user: FromPath[str]) -> Response[None]:
    """Delete a user."""
    state = load_user(site, request, user)
    site.people.delete(state.user)
    audit(site, request, "deleted", f"user {state.user}")
    return redirect(USERS, flash=f"{state.user} is deleted, and what was known is forgotten.")


# ---------------------------------------------------------------- messages


@get("/users/{user:str}/messages/{message:str}", role="viewer", sync_to_thread=True)
def show_message(site: Shared, request: AnyRequest, user: FromPath[str], message: FromPath[str]) -> Response[str]:
    """Show a message as it was rendered."""
    state = load_user(site, request, user)
    found, version, shown = _again(site, state, message)
    return render(
        request,
        site,
        "user_message.html",
        title=f"{capital(CHANNELS[found.channel])} to {state.user}",
        message=found,
        version=version,
        shown=shown,
        state=state,
        names=telling_of(site).names,
        base=partial(user_path, state.user),
    )


@get("/users/{user:str}/messages/{message:str}/frame", role="viewer", sync_to_thread=True)
def frame_message(site: Shared, request: AnyRequest, user: FromPath[str], message: FromPath[str]) -> Response[str]:
    """Return the letter itself, for the frame of its page."""
    _, _, shown = _again(site, load_user(site, request, user), message)
    return framed(str(shown.get("html") or shown.get("text") or ""))


HANDLERS: list[HTTPRouteHandler] = [
    show_users,
    show_user,
    change_subscription,
    ask_deletion,
    delete_user,
    show_message,
    frame_message,
]


# ---------------------------------------------------------------- reading


def load_user(site: Site, request: AnyRequest, user: str) -> UserState:
    """Return the user that an address names, or refuse."""
    return site.people.load(request.query_params.get("id", "") if user == OTHER else user)


def telling_of(site: Site) -> Telling:
    """Return the names of all definitions, and the workspace's time zone."""
    plan = site.runner.plan

    def read(store: Store) -> dict[str, str]:
        campaigns = {one.id: one.versions[-1].campaign.name for one in store.catalog.campaigns()}
        cards = {one.id: one.card.name or one.card.title for one in store.catalog.cards()}
        return campaigns | cards | {one.id: one.name for one in store.catalog.segments()}

    return Telling(names=site.runner.read(read), zone=ZoneInfo(plan.workspace.time_zone))


def known_of(state: UserState) -> Known:
    """Return a user as the pages show one."""
    first = [name for name in STANDARD if name in state.attributes]
    names = [*first, *sorted(name for name in state.attributes if name not in STANDARD)]
    full = [state.attributes.get(name) for name in ("first_name", "last_name")]
    channels: tuple[ChannelName, ...] = ("email", "push")
    return Known(
        attributes=tuple((name, said(state.attributes[name])) for name in names),
        name=" ".join(str(part) for part in full if part),
        email=str(state.attributes.get("email") or ""),
        reachable={CHANNELS[channel]: is_reachable(state, channel, "subscribed") for channel in channels},
        has_bounced=state.bounced_email is not None,
    )


def said(value: Json) -> str:
    """Write the value of an attribute."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case list():
            return ", ".join(said(one) for one in value)
        case _:
            return msgspec.json.encode(value).decode()


def _again(site: Site, state: UserState, name: str) -> tuple[Message, int, dict[str, object]]:
    """Return a message of a user, the number of the version whose content it had, and what it looks like."""

    def read(store: Store) -> tuple[Message, int, dict[str, object]]:
        message = store.ledger.find_message(name)
        if message is None or message.user != state.user:
            raise rejected("unknown_message", "message", f"there is no message '{name}' to this user", "")
        version = content_at(load_campaign(store.catalog, message.campaign), message.created_at)
        return message, version.number, site.messaging.again(version.campaign, message, state)

    return site.runner.read(read)


def _pages(user: str, past: Past, *, is_deep: bool) -> dict[str, str]:
    """Return the addresses of what happened earlier, and of a look through the whole log."""
    deep = "true" if is_deep else ""
    further = ""
    if past.next is not None:
        number, at = past.next
        further = user_path(user, before=str(number), until=at.isoformat(), deep=deep)
    whole = "" if is_deep or past.next is not None or past.is_whole else user_path(user, deep="true")
    return {"further": further, "whole": whole}


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
