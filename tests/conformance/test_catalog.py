"""What every Catalog does."""

from datetime import time, timedelta

import msgspec
import pytest

from ensue.core import conditions, contents, records, triggers
from ensue.ports import Catalog, Store
from tests.conformance.samples import START, app, at, campaign, card, key, segment

FULL = records.Campaign(
    id="full",
    name="Everything",
    tags=("a", "b"),
    variations=(
        contents.Variation(
            name="A",
            share=45.5,
            channels=contents.Channels(email=contents.Email(subject="Hello", from_="a@example.com")),
        ),
        contents.Variation(
            name="B",
            share=44.5,
            channels=contents.Channels(push=contents.Push(title="Hi", time_to_live=timedelta(hours=4))),
        ),
    ),
    control_group=10,
    delivery=records.ActionBased(
        triggers=(
            triggers.InteractWithCampaign(campaign="other", interaction="open_email", opens="human"),
            triggers.CustomEvent(name="viewed", where={"price": conditions.Comparison(more_than=10, exists=True)}),
            triggers.StartSession(),
        ),
        delay=records.OnNext(on_next="saturday", at=time(9, 30), zone="user"),
        exceptions=(triggers.MakePurchase(product="lamp"), triggers.ChangeAttribute(name="plan", to="pro")),
        start=START,
        end=at(0.5),
        recheck_audience=True,
    ),
    audience=conditions.Audience(
        segments=("everyone",),
        filter=conditions.All(
            all=(
                conditions.AttributeFilter(attribute="country", is_="SE"),
                conditions.Not(not_=conditions.EventFilter(event="viewed", within=timedelta(days=3))),
                conditions.Any(any=(conditions.BucketFilter(bucket=conditions.Comparison(less_than=5000)),)),
            )
        ),
    ),
    conversions=(records.Conversion(event=triggers.MakePurchase(), window=timedelta(days=3)),),
    re_eligibility=records.ReEligibility(window=timedelta(0)),
    quiet_hours=records.QuietHours(from_=time(22), to=time(8)),
    rate_limit=records.RateLimit(per_minute=10),
)


@pytest.fixture
def catalog(store: Store) -> Catalog:
    return store.catalog


def test_a_campaign_is_read_as_it_was_saved(catalog: Catalog) -> None:
    full = records.CampaignState(
        id="full",
        status="active",
        versions=(records.Version(number=1, saved_at=START, campaign=FULL),),
        spells=(records.Spell(begun_at=START, ended_at=at(1)), records.Spell(begun_at=at(2))),
    )
    catalog.save_campaign(full)
    assert catalog.find_campaign("full") == full
    assert catalog.find_campaign("other") is None


def test_campaigns_come_by_id_with_their_versions_in_order(catalog: Catalog) -> None:
    saved = [
        campaign("b", *map(str, range(11))),
        campaign("a", "x"),
    ]
    for each in saved:
        catalog.save_campaign(each)
    assert catalog.campaigns() == saved[::-1]


def test_a_change_of_status_keeps_the_versions(catalog: Catalog) -> None:  # L5
    catalog.save_campaign(campaign("a", "one"))
    catalog.save_campaign(campaign("a", "one", "two", spells=2))
    assert catalog.find_campaign("a") == campaign("a", "one", "two", spells=2)
    catalog.save_campaign(msgspec.structs.replace(campaign("a", "one", "two"), status="archived"))
    assert catalog.find_campaign("a") == msgspec.structs.replace(campaign("a", "one", "two"), status="archived")


def test_a_saved_version_never_changes(catalog: Catalog) -> None:  # L5
    catalog.save_campaign(campaign("a", "one"))
    catalog.save_campaign(campaign("a", "changed", "two"))
    assert catalog.find_campaign("a") == campaign("a", "one", "two")
    catalog.save_campaign(campaign("a"))
    assert catalog.find_campaign("a") == campaign("a", "one", "two")


def test_a_campaign_without_any_version_is_kept(catalog: Catalog) -> None:
    catalog.save_campaign(campaign("a"))
    assert catalog.campaigns() == [campaign("a")]


def test_cards_are_replaced_and_come_by_id(catalog: Catalog) -> None:
    for each in (card("b"), card("a", "old"), card("a", "new")):
        catalog.save_card(each)
    assert catalog.cards() == [card("a", "new"), card("b")]
    assert (catalog.find_card("a"), catalog.find_card("c")) == (card("a", "new"), None)


def test_segments_are_replaced_come_by_id_and_can_be_forgotten(catalog: Catalog) -> None:
    filtered = records.Segment(
        id="b", filter=conditions.AttributeFilter(attribute="plan", any_of=("pro", 1, True, 0.5))
    )
    for each in (filtered, segment("a", "old"), segment("a", "new")):
        catalog.save_segment(each)
    assert catalog.segments() == [segment("a", "new"), filtered]
    catalog.remove_segment("a")
    catalog.remove_segment("absent")
    assert catalog.segments() == [filtered]


def test_the_settings_are_the_defaults_until_they_are_saved(catalog: Catalog) -> None:
    assert catalog.workspace() == records.Workspace()
    settings = records.Workspace(
        time_zone="Europe/Stockholm", frequency_caps=(records.FrequencyCap(at_most=2, days=1),), global_control_group=5
    )
    catalog.save_workspace(records.Workspace(time_zone="Asia/Tokyo"))
    catalog.save_workspace(settings)
    assert catalog.workspace() == settings


def test_the_first_secret_of_a_name_stays(catalog: Catalog) -> None:
    assert catalog.secret("links", "first") == "first"
    assert catalog.secret("links", "second") == "first"
    assert catalog.secret("pages", "other") == "other"


def test_keys_are_found_by_their_digest_and_come_by_age(catalog: Catalog) -> None:
    young, b, a = key("young", "1", minutes=2), key("b", "2"), key("a", "3")
    for each in (young, b, a):
        catalog.save_key(each)
    assert catalog.keys() == [a, b, young]
    revoked = key("b", "2", revoked=3)
    catalog.save_key(revoked)
    assert catalog.find_key("2" * 64) == revoked
    assert catalog.find_key("4" * 64) is None


def test_apps_are_found_by_their_key_and_come_by_age(catalog: Catalog) -> None:
    young, b, a = app("young", minutes=2), app("b", secret="s"), app("a")
    for each in (young, b, a):
        catalog.save_app(each)
    assert catalog.apps() == [a, b, young]
    revoked = app("b", secret="s", revoked=3)
    catalog.save_app(revoked)
    assert (catalog.find_app("b"), catalog.find_app("c")) == (revoked, None)
    assert catalog.apps() == [a, revoked, young]
