"""Every button that adds or removes a row answers with the region that it changes, whatever is added."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from ensue.codec.build import build
from ensue.core.records import Campaign
from ensue.web.site import Site
from tests.dashboard.reading import Attributes, sent
from tests.web.mailing import Client

EVERYTHING: dict[str, object] = {
    "kind": "campaign",
    "id": "all",
    "name": "All of it",
    "variations": [
        {
            "name": name,
            "share": 50,
            "channels": {"email": {}, "push": {"title": "!"}, "in_app_message": {}, "webhook": {}},
        }
        for name in ("A", "B")
    ],
    "delivery": {"type": "action_based", "triggers": [{"start_session": {}}], "exceptions": [{"make_purchase": {}}]},
    "audience": {"filter": {"all": [{"attribute": "country", "is": "SE"}]}},
    "conversions": [{"start_session": {}, "window": "1 day"}],
}
STEPS = ("compose", "delivery", "audience", "goals")
FORMS = (*(f"campaigns/all/edit/{step}" for step in STEPS), "segments/new", "cards/new", "settings/workspace")


class Buttons(HTMLParser):
    """Collects the buttons that change rows, and what menus offer."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Attributes] = []
        self.offers: dict[str, list[str]] = {}
        self._menu = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found: Attributes = dict(attrs)
        if tag == "button" and found.get("data-into"):
            self.found.append(found)
        elif tag == "select":
            self._menu = found.get("name") or ""
        elif tag == "option":
            self.offers.setdefault(self._menu, []).append(found.get("value") or "")


def presses(page: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Return the region of each button, and what a browser sends when it is pressed, for all that can be added."""
    form, buttons = sent(page), Buttons(page)
    for button in buttons.found:
        name, value, region = (button.get(one) or "" for one in ("name", "value", "data-into"))
        menu = f"{value.removeprefix('add ')}:add"
        for kind in buttons.offers.get(menu, [""]) if value.startswith("add ") else [""]:
            yield region.removeprefix("#"), {**form, **({menu: [kind]} if kind else {}), name: [value]}


@pytest.mark.parametrize("path", FORMS)
def test_every_button_that_changes_rows_answers_with_its_region(browser: Client, site: Site, path: str) -> None:
    site.definitions.save_campaign(build(Campaign, EVERYTHING))
    address = f"/dashboard/{path}"
    seen = 0
    for region, form in presses(browser.get(address).text):
        answer = browser.post(address, data=form)
        assert (form.get("do"), answer.status_code) == (form.get("do"), 200)
        assert f'id="{region}"' in answer.text
        seen += 1
    assert seen
