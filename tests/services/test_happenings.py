"""Events in plain words, behind the name of the user."""

from typing import Any, get_args

import msgspec
import pytest

from ensue.core.events import AttributesChanged, CampaignInteracted, CustomEventLogged, Event, Purchased, PushRegistered
from ensue.services.happenings import LONGEST, MOST, happening
from tests.conformance.samples import START

HEAD: dict[str, Any] = {"id": "1", "user": "ana", "at": START, "received_at": START}


def test_what_happened_is_told_with_its_details() -> None:
    bought = happening(Purchased(**HEAD, product="lamp", price=1234.5, currency="EUR", quantity=2))
    assert bought.words == "bought 2 × “lamp” for 2,469.00 EUR"
    did = happening(CustomEventLogged(**HEAD, name="viewed", properties={"page": "lamps", "seen": [1, True]}))
    assert (did.words, did.detail) == ("did “viewed”", "page: lamps · seen: [1,true]")
    device = happening(PushRegistered(**HEAD, platform="android", token="t"))
    assert device.words == "can be reached by push on an Android device"


def test_an_interaction_names_its_campaign_and_what_narrows_it() -> None:
    clicked = CampaignInteracted(**HEAD, campaign="news", interaction="click_email", link="sale", variation="B")
    found = happening(clicked)
    assert (found.words, found.campaign) == ("clicked in the e-mail", "news")
    assert (found.detail, found.icon, found.has_subject) == ("Link: sale · Variation: B", "mail", False)
    opened = happening(CampaignInteracted(**HEAD, campaign="news", interaction="open_email", opens="machine"))
    assert (opened.words, opened.has_subject) == ("a machine opened the e-mail", True)


def test_many_and_long_properties_are_shortened() -> None:
    attributes = {"long": "x" * (LONGEST + 1), **{f"a{number}": number for number in range(MOST)}, "gone": None}
    detail = happening(AttributesChanged(**HEAD, attributes=attributes)).detail  # type: ignore[arg-type]  # plain JSON
    assert detail.startswith(f"long: {'x' * (LONGEST - 1)}… · a0: 0 · ")
    assert detail.endswith(" · and 2 more")


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: str(kind.__name__))
def test_every_kind_of_event_has_words(kind: type[Event]) -> None:
    texts = {
        "campaign": "news", "card": "sale", "name": "viewed", "product": "lamp", "price": 1.0, "token": "t",
        "interaction": "view_card" if "Card" in kind.__name__ else "open_email", "channel": "email",
        "to": "opted_in", "attributes": {"a": 1}, "entry": "e", "message": "m", "reason": "aborted", "platform": "web",
    }  # fmt: skip
    fields = {one.name for one in msgspec.structs.fields(kind) if one.required}
    given = {name: value for name, value in texts.items() if name in fields}
    assert happening(kind(**HEAD | given)).words
