"""Cards and segments over the API: read, save, move cards through their lives.

One rule: as with campaigns, a definition goes in and out as in the files.
"""

import msgspec
from litestar import get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from ensue.codec.build import build
from ensue.codec.dump import dump
from ensue.core.records import Card, CardState, Segment, Spell, Status
from ensue.core.validation import nearest
from ensue.errors import rejected
from ensue.ports import Store
from ensue.services.definitions import load_card
from ensue.services.launching import MOVES, Move
from ensue.web.bodies import JsonBody, definition
from ensue.web.campaigns import Moved
from ensue.web.site import Shared, Site


class CardDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A card: its definition as in the files, and its life so far."""

    id: str
    status: Status
    spells: tuple[Spell, ...]
    definition: dict[str, object]


class CardList(msgspec.Struct, frozen=True, kw_only=True):
    """All cards, by id."""

    cards: list[CardDetails]


class SegmentDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A segment: its definition as in the files."""

    id: str
    definition: dict[str, object]


class SegmentList(msgspec.Struct, frozen=True, kw_only=True):
    """All segments, by id; `everyone`, which always exists, is not listed."""

    segments: list[SegmentDetails]


# ---------------------------------------------------------------- cards


@get("/cards", scope="campaigns:read", sync_to_thread=True, operation_id="list_cards")
def list_cards(site: Shared) -> CardList:
    """List all cards."""
    return CardList(cards=[_card(one) for one in site.runner.read(lambda store: store.catalog.cards())])


@post("/cards", scope="campaigns:write", accepts="Card", sync_to_thread=True, operation_id="create_card")
def create_card(site: Shared, document: JsonBody) -> CardDetails:
    """Save a new card as a draft."""
    card = build(Card, document)
    if site.runner.read(lambda store: store.catalog.find_card(card.id)) is not None:
        raise rejected("id_taken", "id", f"there is a card '{card.id}' already", "Choose another id, or use PUT.")
    return _card(site.definitions.save_card(card))


@get("/cards/{card:str}", scope="campaigns:read", sync_to_thread=True, operation_id="read_card")
def read_card(site: Shared, card: FromPath[str]) -> CardDetails:
    """Read a card."""
    return _card(_load_card(site, card))


@put("/cards/{card:str}", scope="campaigns:write", accepts="Card", sync_to_thread=True, operation_id="save_card")
def save_card(site: Shared, card: FromPath[str], document: JsonBody) -> CardDetails:
    """Save a card anew."""
    _load_card(site, card)
    return _card(site.definitions.save_card(definition(Card, document, card)))


def _mover(move: Move) -> HTTPRouteHandler:
    """Make the handler that moves one card."""

    @post(
        f"/cards/{{card:str}}/{move}",
        scope="launch",
        status_code=200,
        sync_to_thread=True,
        operation_id=f"{move}_card",
        summary=f"{move.capitalize()} a card",
    )
    def move_card(site: Shared, card: FromPath[str]) -> Moved:
        """Move a card through its life."""
        _load_card(site, card)
        return Moved(id=card, status=site.launching.move(move, [card])[card])

    return move_card


# ---------------------------------------------------------------- segments


@get("/segments", scope="campaigns:read", sync_to_thread=True, operation_id="list_segments")
def list_segments(site: Shared) -> SegmentList:
    """List all segments."""
    found = site.runner.read(lambda store: store.catalog.segments())
    return SegmentList(segments=[_segment(one) for one in found])


@post("/segments", scope="campaigns:write", accepts="Segment", sync_to_thread=True, operation_id="create_segment")
def create_segment(site: Shared, document: JsonBody) -> SegmentDetails:
    """Save a new segment; what it refers to must exist."""
    segment = build(Segment, document)
    if segment.id in {one.id for one in site.runner.read(lambda store: store.catalog.segments())}:
        hint = "Choose another id, or use PUT."
        raise rejected("id_taken", "id", f"there is a segment '{segment.id}' already", hint)
    return _segment(site.definitions.save_segment(segment))


@get("/segments/{segment:str}", scope="campaigns:read", sync_to_thread=True, operation_id="read_segment")
def read_segment(site: Shared, segment: FromPath[str]) -> SegmentDetails:
    """Read a segment."""
    return _segment(_load_segment(site, segment))


@put(
    "/segments/{segment:str}",
    scope="campaigns:write",
    accepts="Segment",
    sync_to_thread=True,
    operation_id="save_segment",
)
def save_segment(site: Shared, segment: FromPath[str], document: JsonBody) -> SegmentDetails:
    """Save a segment anew; decisions from now on use it."""
    _load_segment(site, segment)
    return _segment(site.definitions.save_segment(definition(Segment, document, segment)))


HANDLERS: list[HTTPRouteHandler] = [
    list_cards,
    create_card,
    read_card,
    save_card,
    *map(_mover, MOVES),
    list_segments,
    create_segment,
    read_segment,
    save_segment,
]


def _load_card(site: Site, card: str) -> CardState:
    return site.runner.read(lambda store: load_card(store.catalog, card))


def _load_segment(site: Site, segment: str) -> Segment:
    def load(store: Store) -> Segment:
        found = {one.id: one for one in store.catalog.segments()}
        if segment not in found:
            message = f"there is no segment '{segment}'"
            raise rejected("unknown_segment", "segment", message, nearest(segment, found))
        return found[segment]

    return site.runner.read(load)


def _card(state: CardState) -> CardDetails:
    return CardDetails(id=state.id, status=state.status, spells=state.spells, definition=dump(state.card))


def _segment(segment: Segment) -> SegmentDetails:
    return SegmentDetails(id=segment.id, definition=dump(segment))
