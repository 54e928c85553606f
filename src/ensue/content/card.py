"""A News Feed card, from its definition to the texts that one user sees.

One rule: every text is plain text, to be shown as text; a rendered link or image that is not http(s) is a fault.
Not here: who sees the card, and when (`services.feed`).

Templates see the user as in a message (`context`), and `card.${id}` (also `api_id`), `card.${name}`; `now` is the
moment of the view. They cannot ask other servers, as they are rendered at every look.
"""

from collections.abc import Mapping
from datetime import datetime

from ensue.content.context import names_of_user
from ensue.content.links import is_web_address
from ensue.content.liquid import TemplateFault, render_text
from ensue.core.records import Card
from ensue.core.state import UserState

TEXTS = ("title", "description", "image", "link")
"""The fields of a card that are templates."""
ADDRESSES = ("image", "link")


def render_card(card: Card, state: UserState, now: datetime) -> dict[str, str]:
    """Return title and description, and image and link where there is one; raises `Aborted` and `TemplateFault`."""
    names = names_of_card(card, state, now)
    texts = {field: render_text(getattr(card, field) or "", names, field=field) for field in TEXTS}
    addresses = {field: address for field in ADDRESSES if (address := _address(texts, field))}
    if not texts["title"].strip() and "image" not in addresses:
        raise TemplateFault("the card is empty", field="title", hint="Give a title or an image.")
    return {"title": texts["title"], "description": texts["description"], **addresses}


def names_of_card(card: Card, state: UserState, now: datetime) -> dict[str, object]:
    """Return what the templates of a card can see."""
    return {**names_of_user(state, now), "card": {"id": card.id, "api_id": card.id, "name": card.name or card.id}}


def _address(texts: Mapping[str, str], field: str) -> str:
    address = texts[field].strip()
    if address and not is_web_address(address):
        raise TemplateFault(f"{address!r} is not an http(s) address", field=field, hint="Begin with https://.")
    return address
