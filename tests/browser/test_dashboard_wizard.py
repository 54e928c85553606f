"""The steps of the wizard in a real browser, for axe and on a phone."""

from collections.abc import Callable

import pytest
import yaml
from playwright.sync_api import Page

from tests.browser.conftest import Desk
from tests.browser.test_dashboard_settings import PHONE, faults, overflow

SignIn = Callable[..., Page]
STEPS = ("compose", "delivery", "audience", "goals", "review")
TESTED = """
kind: campaign
id: tested
name: Spring, with a name that is long enough to need a second line on every phone there is
variations:
  - {name: A, share: 45, channels: {email: {subject: Hello, html: "<h1 style='color:red'>Hello</h1>"}}}
  - {name: B, share: 45, channels: {push: {title: Hello}, in_app_message: {body: Hello}, webhook: {url: "https://x.example"}}}
control_group: 10
delivery:
  type: action_based
  triggers: [{make_purchase: {where: {color: {is: red}}}}, {custom_event: {name: seen}}]
  delay: {on_next: saturday, at: "09:00", zone: user}
  exceptions: [{start_session: {}}]
audience:
  filter:
    all:
      - {attribute: country, is: SE}
      - not: {any: [{event: seen, within: 30 days}, {purchase: any, spent: {more_than: 9}}]}
conversions: [{make_purchase: {}, window: 3 days}]
quiet_hours: {from: "22:00", to: "08:00"}
"""


@pytest.fixture(scope="module")
def tested(desk: Desk) -> str:
    """Save a campaign of which every step has something to show."""
    desk.client.post("/api/v1/campaigns", json=yaml.safe_load(TESTED)).raise_for_status()
    return "/dashboard/campaigns/tested/edit"


@pytest.mark.full
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_step_has_a_serious_fault_or_is_too_wide(signed_in: SignIn, tested: str, scheme: str) -> None:
    page = signed_in(color_scheme=scheme, viewport=PHONE)
    for path in ("/dashboard/campaigns/new", *(f"{tested}/{step}" for step in STEPS)):
        page.goto(path)
        for one in page.locator("details").all():
            one.evaluate("element => element.open = true")
        assert (path, faults(page)) == (path, [])
        assert (path, overflow(page)) == (path, 0)
