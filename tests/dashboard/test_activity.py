"""Live activity: what was decided and what happened, the latest first."""

from typing import get_args

import msgspec
import pytest

from ensue.core.events import CampaignInteracted, CustomEventLogged, Event, Purchased
from ensue.web.dashboard.activity import SHOWN
from ensue.web.dashboard.telling import told
from ensue.web.site import Site
from tests.conformance.samples import START, event, interaction, keep
from tests.web.mailing import Client

PATH = "/dashboard/activity"


def test_nothing_happened_yet(browser: Client) -> None:
    page = browser.get(PATH)
    assert page.status_code == 200, page.text
    assert "Nothing was decided yet" in page.text
    assert f'data-live="{PATH}/latest"' in page.text


def test_the_latest_is_on_top_and_the_rest_further_back(browser: Client, site: Site) -> None:
    events = [event(f"{number}", f"user-{number:02}") for number in range(SHOWN + 1)]
    decisions = [keep(f"{number}", "sent", user=f"person-{number:02}") for number in range(SHOWN + 1)]
    site.runner.write(lambda store: store.ledger.append(events, decisions))
    page = browser.get(PATH).text
    assert page.index(f"user-{SHOWN}") < page.index("user-01")
    assert page.index(f"person-{SHOWN}") < page.index("person-01")
    assert "user-00" not in page
    assert f"{PATH}?events=2" in page
    older = browser.get(f"{PATH}?events=2").text
    assert "user-00" in older
    assert "data-live" not in older
    assert f"person-{SHOWN}" in older
    assert "person-00" in browser.get(f"{PATH}?decisions=2").text


def test_the_latest_alone_is_fetched_for_a_live_page(browser: Client, site: Site) -> None:
    site.runner.write(lambda store: store.ledger.append([interaction("a", "<ana>")], []))
    part = browser.get(f"{PATH}/latest").text
    assert "<html" not in part
    assert "&lt;ana&gt;" in part
    assert "received the e-mail" in part


def test_what_happened_is_told_with_its_details() -> None:
    head = {"id": "1", "user": "ana", "at": START, "received_at": START}
    bought = told(Purchased(**head, product="lamp", price=1234.5, currency="EUR", quantity=2))  # type: ignore[arg-type]  # the head
    assert (bought.words, bought.detail) == ("bought “lamp”", "2 × 1,234.50 EUR")
    opened = CampaignInteracted(**head, campaign="news", interaction="open_email", opens="machine")  # type: ignore[arg-type]  # the head
    assert told(opened).words == "a machine opened the e-mail"
    assert told(CustomEventLogged(**head, name="viewed")).words == "did “viewed”"  # type: ignore[arg-type]  # the head


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: str(kind.__name__))
def test_every_kind_of_event_has_words(kind: type[Event]) -> None:
    texts = {
        "campaign": "news", "card": "sale", "name": "viewed", "product": "lamp", "price": 1.0, "token": "t",
        "interaction": "view_card" if "Card" in kind.__name__ else "open_email", "channel": "email",
        "to": "opted_in", "attributes": {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}, "entry": "e", "message": "m",
        "reason": "aborted",
    }  # fmt: skip
    fields = {one.name for one in msgspec.structs.fields(kind) if one.required}
    given = {name: value for name, value in texts.items() if name in fields}
    made = kind(**{"id": "1", "user": "ana", "at": START, "received_at": START} | given)  # type: ignore[arg-type]  # by name
    assert told(made).words
