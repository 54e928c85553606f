"""Backtests in a real browser: from a draft to what it would have done, with and without JavaScript, and for axe."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk
from tests.browser.test_dashboard_settings import PHONE, faults, overflow

SignIn = Callable[..., Page]
DRAFT = {
    "kind": "campaign",
    "id": "second-try",
    "name": "Second try",
    "channels": {"in_app_message": {"body": "Hello again"}},
    "delivery": {"type": "action_based", "triggers": [{"custom_event": {"name": "hello"}}]},
    "audience": {"segments": ["everyone"]},
}
LATER = {**DRAFT, "id": "later", "name": "Later", "delivery": {**DRAFT["delivery"], "delay": {"after": "1 day"}}}  # type: ignore[dict-item]  # a mapping


@pytest.fixture(scope="module")
def past(desk: Desk) -> Desk:
    """Let somebody come, and save two drafts."""
    for draft in (DRAFT, LATER):
        desk.client.post("/api/v1/campaigns", json=draft).raise_for_status()
    body = {"attributes": [{"external_id": "mia"}], "events": [{"external_id": "mia", "name": "hello"}]}
    desk.client.post("/users/track", json=body).raise_for_status()
    return desk


@pytest.mark.usefixtures("past")
@pytest.mark.parametrize("scripts", [True, False])
def test_a_draft_is_tried_on_the_past_and_compared(signed_in: SignIn, scripts: bool) -> None:  # noqa: FBT001  # drawn
    page = signed_in(java_script_enabled=scripts)
    page.goto("/dashboard/campaigns/second-try")
    page.get_by_role("link", name="Backtest").click()
    page.get_by_label("Compare with").select_option("later")
    page.get_by_role("button", name="Run the backtest").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Backtest of Second try")
    done = page.get_by_role("heading", name="Who would have been sent something")
    if not scripts:  # without JavaScript the page is looked at again by its link, until it is done
        for _ in range(100):
            if done.is_visible():
                break
            page.get_by_role("link", name="Look again").or_(done).first.click()
    expect(done).to_be_visible()
    samples = page.get_by_role("region", name="Samples: Second try, as if it had been live")
    samples.get_by_role("link", name="mia").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("mia")


@pytest.mark.full
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_fault_or_is_too_wide(signed_in: SignIn, past: Desk, scheme: str) -> None:
    asked = {"campaign": "second-try", "compare_with": {"campaign": "later"}}
    found = past.client.post("/api/v1/backtests", json=asked).raise_for_status().json()
    page = signed_in(color_scheme=scheme, viewport=PHONE)
    page.goto(f"/dashboard/backtests/{found['id']}")
    expect(page.get_by_role("heading", name="Day by day")).to_be_visible()
    for path in (page.url, "/dashboard/backtests"):
        page.goto(path)
        for one in page.locator("details").all():
            one.evaluate("element => element.open = true")
        assert (path, faults(page)) == (path, [])
        assert (path, overflow(page)) == (path, 0)
