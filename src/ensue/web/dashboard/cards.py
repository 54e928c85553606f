"""Cards of the News Feed: the list, a page for each with its figures, its form with a preview, and its life.

One rule: what is allowed is decided by the services; a page shows what they say.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from ensue.codec.build import build
from ensue.codec.dump import dump
from ensue.core.connections import connections_of
from ensue.core.records import Card, CardState, Status
from ensue.errors import Problem, Rejected, rejected
from ensue.ports import Store
from ensue.services.definitions import load_card
from ensue.services.launching import MOVES, Move
from ensue.services.messaging import CardPreview
from ensue.services.wording import audience_words
from ensue.web.dashboard.choices import fields_of, free_id, refuse, vocabulary
from ensue.web.dashboard.forms.paths import unmarked
from ensue.web.dashboard.forms.view import View
from ensue.web.dashboard.forms.working import rearranged, untold, worked
from ensue.web.dashboard.pages import audit, fragment, redirect, render
from ensue.web.dashboard.paging import paged
from ensue.web.dashboard.submitted import Form, Submitted
from ensue.web.dashboard.users import telling_of
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared, Site

CARDS = "/dashboard/cards"
NEW: Mapping[str, object] = {"kind": "card"}
DEEDS = ("view_card", "click_card", "dismiss_card")
DONE: dict[Move, str] = {
    "launch": "launched",
    "stop": "stopped",
    "resume": "resumed",
    "archive": "archived",
    "unarchive": "taken out of the archive",
}
OFFERED: dict[Status, tuple[Move, ...]] = {
    "draft": ("launch", "archive"),
    "active": ("stop", "archive"),
    "stopped": ("resume", "archive"),
    "archived": ("unarchive",),
}
"""The moves that a page offers, the most likely first."""


@get("/cards", role="viewer", sync_to_thread=True)
def show_cards(site: Shared, request: AnyRequest, page: FromQuery[int] = 1) -> Response[str]:
    """List cards with their figures."""
    archived = "archived" in request.query_params
    cards = site.runner.read(lambda store: store.catalog.cards())
    shown = [one for one in cards if archived or one.status != "archived"]
    return render(
        request,
        site,
        "cards.html",
        title="Cards",
        paged=paged(shown, page, {"archived": ""} if archived else {}),
        counts=_counts(site),
        archived=archived,
        hidden=len(cards) - len(shown),
    )


@get("/cards/new", role="editor", sync_to_thread=True)
def new_card(site: Shared, request: AnyRequest) -> Response[str]:
    """Show the form of a new card."""
    return _form(site, request, None, NEW)


@post("/cards/new", role="editor", sync_to_thread=True, status_code=200)
def create_card(site: Shared, request: AnyRequest, form: Form) -> Response[str] | Response[None]:
    """Save a new card as a draft."""
    return _save(site, request, None, form)


@post("/cards/preview", role="editor", sync_to_thread=True, status_code=200)
def preview_form(site: Shared, request: AnyRequest, form: Form) -> Response[str]:
    """Return what the card of a form looks like to the chosen user."""
    saved = _saved_before(site, form.text("id"))
    tree = worked(Card, dump(saved.card) if saved else NEW, fields_of(form), _zone(site))
    return fragment(request, site, "card_look.html", **_look(site, tree, form.text("preview_user")))


@get("/cards/{card:str}", role="viewer", sync_to_thread=True)
def show_card(site: Shared, request: AnyRequest, card: FromPath[str], user: FromQuery[str] = "") -> Response[str]:
    """Show a card: its figures, and what it looks like to a user."""
    return _page(site, request, _load(site, card), user=user.strip())


def _mover(move: Move) -> HTTPRouteHandler:
    """Make the handler that moves one card."""

    @post(f"/cards/{{card:str}}/{move}", role="editor", sync_to_thread=True)
    def move_card(site: Shared, request: AnyRequest, card: FromPath[str]) -> Response[str] | Response[None]:
        """Move a card; what forbids it is shown on its page."""
        state = _load(site, card)
        try:
            site.launching.move(move, [card])
        except Rejected as error:
            return _page(site, request, state, status=HTTPStatus.CONFLICT, problems=error.problems)
        audit(site, request, DONE[move], f"the card {card}")
        return redirect(f"{CARDS}/{card}", flash=f"“{name_of(state)}” was {DONE[move]}.")

    return move_card


@get("/cards/{card:str}/edit", role="editor", sync_to_thread=True)
def edit_card(site: Shared, request: AnyRequest, card: FromPath[str]) -> Response[str]:
    """Show the form of a card."""
    state = _load(site, card)
    return _form(site, request, state, dump(state.card))


@post("/cards/{card:str}/edit", role="editor", sync_to_thread=True, status_code=200)
def save_card(site: Shared, request: AnyRequest, card: FromPath[str], form: Form) -> Response[str] | Response[None]:
    """Save a card anew."""
    return _save(site, request, _load(site, card), form)


HANDLERS: list[HTTPRouteHandler] = [
    show_cards,
    new_card,
    create_card,
    preview_form,
    show_card,
    *map(_mover, MOVES),
    edit_card,
    save_card,
]


def name_of(state: CardState) -> str:
    """Return what a card is called."""
    return state.card.name or state.card.title or state.id


def _load(site: Site, card: str) -> CardState:
    return site.runner.read(lambda store: load_card(store.catalog, card))


def _counts(site: Site) -> Mapping[str, Mapping[str, int]]:
    """Return, by card, how often each interaction happened."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(DEEDS, 0))
    for one in site.runner.read(lambda store: store.ledger.figures()):
        head, _, card = one.campaign.partition(":")
        if head == "card" and one.name in DEEDS:
            found[card][one.name] += int(one.amount)
    return found


def _page(
    site: Site,
    request: AnyRequest,
    state: CardState,
    *,
    user: str = "",
    status: HTTPStatus = HTTPStatus.OK,
    problems: Sequence[Problem] = (),
) -> Response[str]:
    return render(
        request,
        site,
        "card.html",
        title=name_of(state),
        status=status,
        problems=problems,
        state=state,
        counts=_counts(site)[state.id],
        moves=OFFERED[state.status],
        audience=audience_words(state.card.audience, telling_of(site).names),
        followers=site.runner.read(lambda store: _followers(store, state.id)),
        **_look(site, dump(state.card), user),
    )


def _followers(store: Store, card: str) -> list[tuple[str, str]]:
    """Return the campaigns that follow on a card: id and name."""
    return [
        (one.id, one.versions[-1].campaign.name or one.id)
        for one in store.catalog.campaigns()
        if any(edge.original == card for edge in connections_of(one.versions[-1].campaign))
    ]


# ---------------------------------------------------------------- the form


def _save(site: Site, request: AnyRequest, state: CardState | None, form: Submitted) -> Response[str] | Response[None]:
    """Save what a form says, or show it again: with a row more or less, a preview, or what is wrong."""
    saved = dump(state.card) if state else NEW
    fields = fields_of(form)
    tree = worked(Card, saved, fields, _zone(site))
    user = form.text("preview_user")
    if rearranged(tree, fields) or form.text("do") == "preview":
        return _form(site, request, state, tree, user=user)
    try:
        if state is None and not tree.get("id"):
            tree["id"] = free_id(site, form.text("name") or form.text("title"), "card")
        refuse(untold(Card, tree, saved))
        card = build(Card, unmarked(tree))
        _refuse_taken(site, state, card)
        site.definitions.save_card(card)
    except Rejected as error:
        return _form(site, request, state, tree, error.problems, user=user)
    audit(site, request, "saved", f"the card {card.id}")
    return redirect(f"{CARDS}/{card.id}", flash="Saved." if state else "Saved as a draft.")


def _refuse_taken(site: Site, state: CardState | None, card: Card) -> None:
    if state is None and _saved_before(site, card.id) is not None:
        raise rejected("id_taken", "id", f"there is a card '{card.id}' already", "Choose another id.")


def _saved_before(site: Site, card: str) -> CardState | None:
    return site.runner.read(lambda store: store.catalog.find_card(card))


def _form(
    site: Site,
    request: AnyRequest,
    state: CardState | None,
    tree: Mapping[str, object],
    problems: Sequence[Problem] = (),
    *,
    user: str = "",
) -> Response[str]:
    view = View(record=Card, tree=tree, zone=_zone(site), problems=problems, words=vocabulary(site))
    return render(
        request,
        site,
        "card_form.html",
        title=f"Edit {name_of(state)}" if state else "New card",
        status=HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK,
        problems=problems,
        state=state,
        view=view,
        **_look(site, tree, user),
    )


def _look(site: Site, tree: Mapping[str, object], user: str) -> dict[str, Any]:
    """Return what a template needs to show a card as a user sees it."""
    found: dict[str, Any] = {"user": user, "look": None, "look_problems": ()}
    try:
        card = build(Card, unmarked({**tree, "id": tree.get("id") or "preview"}))
        found["look"] = _previewed(site, card, user)
    except Rejected as error:
        found["look_problems"] = error.problems
    return found


def _previewed(site: Site, card: Card, user: str) -> CardPreview:
    return site.messaging.preview_card(card, site.people.load(user) if user else None)


def _zone(site: Site) -> ZoneInfo:
    return ZoneInfo(site.runner.plan.workspace.time_zone)
