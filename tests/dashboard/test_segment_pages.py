"""Segments in the dashboard: sizes, members, and the form."""

from ensue.codec.build import build
from ensue.core.records import Campaign, Segment
from ensue.web.dashboard.paging import SHOWN
from ensue.web.site import Site
from tests.dashboard.reading import sent
from tests.dashboard.world import CAMPAIGNS, World
from tests.web.mailing import Client

SEGMENTS = "/dashboard/segments"


def test_without_segments_everyone_is_there(browser: Client) -> None:
    page = browser.get(SEGMENTS)
    assert page.status_code == 200, page.text
    assert "No segments of your own yet" in page.text


def test_segments_are_listed_in_words_and_with_their_sizes(browser: Client, world: World) -> None:
    page = browser.get(SEGMENTS).text
    assert "Country is SE" in page
    assert "50.0 %" in page
    assert world.site.people.load("ana").exists


def test_a_long_list_of_segments_has_pages_and_everyone_is_last(browser: Client, site: Site) -> None:
    for number in range(SHOWN + 1):
        site.definitions.save_segment(build(Segment, {"kind": "segment", "id": f"s{number:02}"}))
    first, last = browser.get(SEGMENTS).text, browser.get(f"{SEGMENTS}?page=2").text
    assert first.count(f'href="{SEGMENTS}/s') == SHOWN
    assert "this segment is always there" not in first
    assert f'href="{SEGMENTS}/s{SHOWN}"' in last
    assert "this segment is always there" in last


def test_who_is_in_is_listed_and_who_uses_it(browser: Client, world: World) -> None:
    nested = {"not": {"any": [{"segment": "swedes"}]}}
    used = {**CAMPAIGNS[0], "id": "used", "name": "Used", "audience": {"segments": ["swedes"]}}
    world.site.definitions.save_campaign(build(Campaign, used))
    browser.post(f"{SEGMENTS}/new", data={"do": "yaml", "yaml": f"kind: segment\nid: others\nfilter: {nested}\n"})
    page = browser.get(f"{SEGMENTS}/swedes").text
    assert [one for one in ("ana", "bo", "cy", "di") if f'href="/dashboard/users/{one}"' in page] == ["ana", "bo"]
    assert 'href="/dashboard/campaigns/used"' in page
    assert 'href="/dashboard/segments/others"' in page
    assert browser.get(f"{SEGMENTS}/nobody").status_code == 404


def test_members_come_in_pages(browser: Client, world: World) -> None:
    world.site.people.put([(f"user-{number:02}", {"country": "SE"}) for number in range(40)])
    first = browser.get(f"{SEGMENTS}/swedes").text
    assert "?after=user-22" in first
    second = browser.get(f"{SEGMENTS}/swedes?after=user-22").text
    assert "/dashboard/users/user-39" in second
    assert "?after=" not in second


def test_a_segment_is_made_with_the_filter_builder(browser: Client, world: World) -> None:
    form = {**sent(browser.get(f"{SEGMENTS}/new").text), "name": ["From Germany"], "do": ["add filter"]}
    form["filter:add"] = ["attribute"]
    page = browser.post(f"{SEGMENTS}/new", data=form).text
    form = {**sent(page), "filter.all[0].attribute": ["country"], "filter.all[0]:value": ["DE"], "do": ["count"]}
    form["filter.all[0]:op"] = ["is"]
    counted = browser.post(f"{SEGMENTS}/new", data=form).text
    assert "<b>2</b> of 4 users" in counted
    assert "<b>2</b> of 4 users" in browser.post(f"{SEGMENTS}/size", data=form).text
    saved = browser.post(f"{SEGMENTS}/new", data={**form, "do": ["save"]})
    assert saved.headers["location"] == f"{SEGMENTS}/from-germany"
    assert "/dashboard/users/cy" in browser.get(f"{SEGMENTS}/from-germany").text
    assert world.site.people.load("cy").exists


def test_a_form_that_nobody_touched_changes_nothing(browser: Client, world: World) -> None:
    before = world.site.runner.read(lambda store: store.catalog.segments())
    form = {**sent(browser.get(f"{SEGMENTS}/swedes/edit").text), "do": ["save"]}
    assert browser.post(f"{SEGMENTS}/swedes/edit", data=form).status_code == 303
    assert world.site.runner.read(lambda store: store.catalog.segments()) == before


def test_a_text_that_is_no_segment_is_shown_again_with_its_problem(browser: Client, world: World) -> None:
    page = browser.post(f"{SEGMENTS}/swedes/edit", data={"do": "yaml", "yaml": "kind: segment\nid: swedes\nfilter: 3"})
    assert page.status_code == 400
    assert "filter: 3" in page.text
    other = browser.post(f"{SEGMENTS}/swedes/edit", data={"do": "yaml", "yaml": "kind: segment\nid: danes"})
    assert "page is about &#39;swedes&#39;" in other.text
    empty = browser.post(f"{SEGMENTS}/new", data={"name": "日本", "do": "save"})
    assert "segment needs an id" in empty.text
    taken = browser.post(f"{SEGMENTS}/new", data={"id": "swedes", "do": "save"})
    assert "a segment &#39;swedes&#39; already" in taken.text
    assert world.site.people.load("ana").exists
