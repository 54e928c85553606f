"""Campaigns that another system sends, in the dashboard: made, changed, chosen as an original, reported (B8)."""

import pytest

from ensue.codec.build import build
from ensue.codec.dump import dump
from ensue.core.records import Campaign
from ensue.services.definitions import load_campaign
from ensue.services.tracking import Reported
from ensue.web.site import Site
from tests.dashboard.conftest import SignIn
from tests.dashboard.reading import read_form, sent
from tests.web.mailing import Client

LETTER = {
    "kind": "campaign",
    "id": "letter",
    "name": "Letter <b>",
    "delivery": {"type": "external", "channels": ["email"]},
}
EDIT = "/dashboard/campaigns/letter/edit"


@pytest.fixture
def letter(site: Site) -> str:
    site.definitions.save_campaign(build(Campaign, LETTER))
    return EDIT


def saved(site: Site, campaign: str = "letter") -> dict[str, object]:
    return dump(site.runner.read(lambda store: load_campaign(store.catalog, campaign)).versions[-1].campaign)


def test_an_external_campaign_is_made_with_the_channels_that_were_ticked(browser: Client, site: Site) -> None:
    fields = {"name": "Letter", "channel": ["push", "email"], "external": "yes"}
    made = browser.post("/dashboard/campaigns/new", data=fields)
    assert made.headers["location"] == f"{EDIT}/delivery"
    assert saved(site) == {**LETTER, "name": "Letter", "delivery": {"type": "external", "channels": ["email", "push"]}}
    page = browser.get(f"{EDIT}/delivery").text
    assert "Another system sends it (by e-mail and push message)" in page


def test_its_channels_are_ticked_and_unticked(browser: Client, site: Site, letter: str) -> None:
    form = sent(browser.get(f"{letter}/delivery").text)
    assert [one for one in form["delivery.channels"] if one] == ["email"]
    for ticked, delivery in (
        (["", "push", "webhook"], {"type": "external", "channels": ["push", "webhook"]}),
        ([""], {"type": "external"}),
    ):
        browser.post(f"{letter}/delivery", data={**form, "delivery.channels": ticked, "do": "save"})
        assert saved(site)["delivery"] == delivery


def test_every_step_is_shown_and_saved_as_it_is(browser: Client, site: Site, letter: str) -> None:
    for step in ("compose", "delivery", "audience", "goals"):
        page = browser.get(f"{letter}/{step}")
        assert page.status_code == 200
        assert len(set(read_form(page.text).ids)) == len(read_form(page.text).ids), step
        assert browser.post(f"{letter}/{step}", data={**sent(page.text), "do": "save"}).status_code == 303, step
    assert saved(site) == LETTER
    assert "so it has no message here" in browser.get(f"{letter}/compose").text
    assert "Nothing stands in the way of the launch" in browser.get(f"{letter}/review").text


def test_a_delivery_that_becomes_external_loses_what_only_a_sender_has(browser: Client, site: Site) -> None:
    hello = {**LETTER, "delivery": {"type": "api_triggered", "delay": {"after": "1 day"}}}
    site.definitions.save_campaign(build(Campaign, hello))
    form = sent(browser.get(f"{EDIT}/delivery").text)
    browser.post(f"{EDIT}/delivery", data={**form, "delivery.type": "external", "do": "save"})
    assert saved(site)["delivery"] == {"type": "external"}


def test_it_is_offered_as_an_original_and_its_page_and_the_map_count_what_people_did(
    browser: Client, site: Site, sign_in: SignIn
) -> None:
    site.definitions.save_campaign(build(Campaign, LETTER))
    trigger = {"interact_with_campaign": {"campaign": "letter", "interaction": "click_email"}}
    reader = {"kind": "campaign", "id": "reader", "delivery": {"type": "action_based", "triggers": [trigger]}}
    site.definitions.save_campaign(build(Campaign, reader))
    assert "Letter &lt;b&gt; (draft)" in browser.get("/dashboard/campaigns/reader/edit/delivery").text
    assert "counted here as soon as it is reported" in browser.get("/dashboard/campaigns/letter").text
    site.launching.move("launch", ["letter"])
    site.tracking.report([Reported(user="ana", campaign="letter", interaction="click_email")], create_users=True)
    viewer = sign_in("viewer")
    page = viewer.get("/dashboard/campaigns/letter").text
    assert "What people did with it is counted below" in page
    assert "Clicked in the e-mail" in page
    assert "Sent by another system" in viewer.get("/dashboard/campaigns").text
    assert "letter" in viewer.get("/dashboard/map").text
