"""Several drafts launched together in a real browser: by mouse, without JavaScript, and for axe."""

from collections.abc import Callable

import pytest
import yaml
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk
from tests.browser.test_dashboard_settings import PHONE, faults, overflow

SignIn = Callable[..., Page]
DRAFTS = """
kind: campaign
id: {name}-hello
name: {name} hello
channels: {{in_app_message: {{body: Hello}}}}
delivery: {{type: action_based, triggers: [{{start_session: {{}}}}]}}
---
kind: campaign
id: {name}-thanks
name: {name} thanks
channels: {{in_app_message: {{body: Thanks}}}}
delivery:
  type: action_based
  triggers: [{{interact_with_campaign: {{campaign: {name}-hello, interaction: click_in_app_message}}}}]
"""


def drafts(desk: Desk, name: str) -> None:
    for one in yaml.safe_load_all(DRAFTS.format(name=name)):
        desk.client.post("/api/v1/campaigns", json=one).raise_for_status()


@pytest.mark.parametrize("scripts", [True, False])
def test_drafts_are_ticked_planned_and_launched_follow_on_first(
    signed_in: SignIn,
    desk: Desk,
    scripts: bool,  # noqa: FBT001  (a parameter of the test)
) -> None:
    name = "lively" if scripts else "plain"
    drafts(desk, name)
    page = signed_in(java_script_enabled=scripts)
    page.goto("/dashboard/campaigns")
    page.get_by_label(f"Launch {name} hello").check()
    page.get_by_role("button", name="Plan a launch").click()
    expect(page.get_by_text(f"“{name} thanks” follows on “{name} hello”.")).to_be_visible()
    page.get_by_role("link", name=f"Add “{name} thanks”").click()
    order = page.get_by_role("region", name="The order").get_by_role("listitem")
    expect(order).to_contain_text([f"{name} thanks", f"{name} hello"])
    page.get_by_role("button", name="Launch these 2").click()
    if scripts:
        page.get_by_role("dialog").get_by_role("button", name="Launch these 2").click()
    expect(page.get_by_text(f"Launched, in this order: {name}-thanks, {name}-hello.")).to_be_visible()


@pytest.mark.full
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_launches_has_no_serious_fault_and_is_not_too_wide(
    signed_in: SignIn, desk: Desk, scheme: str
) -> None:
    drafts(desk, scheme)
    page = signed_in(color_scheme=scheme, viewport=PHONE)
    for path in ("", f"?id={scheme}-hello", f"?id={scheme}-hello&id={scheme}-thanks"):
        page.goto(f"/dashboard/launch{path}")
        assert (path, faults(page)) == (path, [])
        assert (path, overflow(page)) == (path, 0)
