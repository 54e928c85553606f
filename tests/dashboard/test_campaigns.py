"""The list of campaigns, their life cycle, reports, decisions and versions."""

from datetime import timedelta

import pytest

from ensue.codec.build import build
from ensue.core.effects import Count, Effects
from ensue.core.events import CustomEventLogged
from ensue.core.records import Campaign
from ensue.runners.clock import VirtualClock
from ensue.web.dashboard.paging import SHOWN
from ensue.web.dashboard.report import LOOKED_AT
from ensue.web.site import Site
from tests.conformance.samples import keep
from tests.dashboard.conftest import SignIn
from tests.web.asking import CAMPAIGN
from tests.web.mailing import Client

HOME = "/dashboard/campaigns"
MAIL = {"email": {"subject": "Hello", "html": "<p>Hello</p>"}}


def save(site: Site, identity: str = "hello", **more: object) -> None:
    site.definitions.save_campaign(build(Campaign, {**CAMPAIGN, "id": identity, **more}))


def launch(site: Site, identity: str = "hello", **more: object) -> None:
    save(site, identity, **more)
    site.launching.move("launch", [identity])


def say_hi(site: Site, *users: str) -> None:
    now = site.clock.now()
    events = [CustomEventLogged(id=f"{user}-{now:%s}", user=user, at=now, received_at=now, name="hi") for user in users]
    site.tracking.submit(events)


def append(site: Site, *effects: Effects) -> None:
    site.runner.write(lambda store: store.ledger.append([], effects))


def status(site: Site, identity: str = "hello") -> str:
    found = site.runner.read(lambda store: store.catalog.find_campaign(identity))
    assert found is not None
    return found.status


def seen(page: str) -> str:
    return " ".join(page.split())


# ---------------------------------------------------------------- the list


def test_an_empty_list_says_what_to_do(browser: Client) -> None:
    page = browser.get(HOME)
    assert page.status_code == 200, page.text
    assert "No campaigns yet" in page.text
    assert f"{HOME}/new" in page.text


def test_the_list_shows_campaigns_with_their_figures(browser: Client, site: Site) -> None:
    launch(site, name="Hello & <welcome>", tags=["greeting"])
    say_hi(site, "ana", "bo")
    page = browser.get(HOME).text
    assert "Hello &amp; &lt;welcome&gt;" in page
    assert f'href="{HOME}/hello"' in page
    assert 'data-label="Waiting">2<' in page


def test_the_list_is_filtered_by_words_tag_and_status(browser: Client, site: Site) -> None:
    save(site, "spring", name="Spring letter", tags=["season"])
    save(site, "autumn", name="Autumn letter")
    assert "Autumn letter" not in browser.get(f"{HOME}?q=spring").text
    assert "Autumn letter" not in browser.get(f"{HOME}?tag=season").text
    assert "No campaign is like that" in browser.get(f"{HOME}?status=active").text
    assert "Autumn letter" in browser.get(f"{HOME}?status=draft&q=LETTER").text


def test_a_long_list_has_pages_that_keep_the_filter(browser: Client, site: Site) -> None:
    for number in range(SHOWN + 1):
        save(site, f"letter-{number}", tags=["season"])
    first = browser.get(f"{HOME}?tag=season").text
    assert "?tag=season&amp;page=2" in first
    assert f"1 to {SHOWN} of {SHOWN + 1}" in first
    assert browser.get(f"{HOME}?tag=season&page=2").text.count("/dashboard/campaigns/letter-") == 1
    last, none = browser.get(f"{HOME}?page=999").text, browser.get(f"{HOME}?page=-1").text
    assert f"{SHOWN + 1} to {SHOWN + 1} of {SHOWN + 1}" in last
    assert f"1 to {SHOWN} of {SHOWN + 1}" in none


# ---------------------------------------------------------------- the life cycle


def test_a_campaign_goes_through_its_life_by_buttons(browser: Client, site: Site) -> None:
    save(site)
    for move, goal, next_button in (
        ("launch", "active", "Stop"),
        ("stop", "stopped", "Resume"),
        ("resume", "active", "Stop"),
        ("archive", "archived", "Take out of the archive"),
        ("unarchive", "stopped", "Resume"),
    ):
        answer = browser.post(f"{HOME}/hello/{move}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{HOME}/hello")
        assert status(site) == goal
        assert f">{next_button}</button>" in browser.get(f"{HOME}/hello").text
    changes = [one.action for one in site.staff.changes()]
    assert changes[:5] == ["taken out of the archive", "archived", "resumed", "stopped", "launched"]


def test_what_forbids_a_launch_is_shown_on_the_page(browser: Client, site: Site) -> None:
    save(site, audience={"segments": ["nobody-knows"]})
    answer = browser.post(f"{HOME}/hello/launch")
    assert answer.status_code == 409
    assert "nobody-knows" in answer.text
    assert status(site) == "draft"


def test_a_copy_is_a_draft_under_the_next_free_id(browser: Client, site: Site) -> None:
    launch(site)
    assert browser.post(f"{HOME}/hello/duplicate").headers["location"] == f"{HOME}/hello-copy"
    assert browser.post(f"{HOME}/hello/duplicate").headers["location"] == f"{HOME}/hello-copy-2"
    assert status(site, "hello-copy-2") == "draft"
    longest = "x" * 64
    save(site, longest)
    assert browser.post(f"{HOME}/{longest}/duplicate").headers["location"] == f"{HOME}/{'x' * 59}-copy"


def test_a_viewer_sees_everything_and_changes_nothing(sign_in: SignIn, site: Site) -> None:
    save(site)
    viewer = sign_in("viewer")
    page = viewer.get(f"{HOME}/hello")
    assert page.status_code == 200
    assert "</button>" not in page.text.partition("<main")[2]
    for move in ("launch", "archive", "duplicate"):
        assert viewer.post(f"{HOME}/hello/{move}").status_code == 403
    assert status(site) == "draft"


def test_a_form_of_another_site_changes_nothing(browser: Client, site: Site) -> None:
    save(site)
    assert browser.post(f"{HOME}/hello/launch", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert status(site) == "draft"


def test_an_unknown_campaign_has_no_page(browser: Client, site: Site) -> None:
    save(site)
    for path in ("helo", "helo/waiting", "helo/decisions", "helo/versions", "helo/figures"):
        answer = browser.get(f"{HOME}/{path}")
        assert answer.status_code == 404
    assert "hello" in browser.get(f"{HOME}/helo").text


# ---------------------------------------------------------------- the report


def test_a_draft_and_a_fresh_campaign_say_that_nothing_came_of_them_yet(browser: Client, site: Site) -> None:
    save(site)
    assert "Not launched yet" in browser.get(f"{HOME}/hello").text
    site.launching.move("launch", ["hello"])
    assert "Nobody has entered yet" in browser.get(f"{HOME}/hello").text


def test_the_report_shows_funnel_losses_days_and_variations(browser: Client, site: Site) -> None:
    variations = [{"name": name, "share": 45, "channels": MAIL} for name in ("A", "B")]
    launch(
        site,
        channels=None,
        variations=variations,
        control_group=10,
        conversions=[{"make_purchase": {}, "window": "1 day"}],
    )
    now = site.clock.now()
    amounts = {
        ("A", "sent"): 1000, ("A", "perform_conversion_event:A"): 50, ("A", "people:converted"): 50,
        ("B", "sent"): 1000, ("B", "perform_conversion_event:A"): 90, ("B", "revenue:EUR"): 1234.5,
        ("control", "control"): 1000, ("control", "perform_conversion_event:A"): 45,
        ("", "cancelled:make_purchase"): 1,
    }  # fmt: skip
    counts = [
        Count(campaign="hello", variation=variation, name=name, at=now, amount=amount)
        for (variation, name), amount in amounts.items()
    ]
    kept = [keep("1", "suppressed", campaign="hello"), keep("2", "refused", campaign="hello")]
    append(site, *counts, *kept)
    page = seen(browser.get(f"{HOME}/hello").text)
    assert "− suppressed: not reachable" in page
    assert "Not in the audience" in page
    assert "+100.0 %" in page
    assert "Better" in page
    assert "May be chance" in page
    assert "1,234.50 EUR" in page
    assert "Difference from the control group" in page
    assert '<td class="number">2,000</td>' in page  # sent on this day, in the table of the chart


def test_too_little_data_is_said_instead_of_a_number(browser: Client, site: Site) -> None:
    launch(site, control_group=10, conversions=[{"make_purchase": {}, "window": "1 day"}])
    append(site, keep("1", "sent", campaign="hello"))
    page = browser.get(f"{HOME}/hello").text
    assert "Too few people yet" in page
    assert "<title>Difference" not in page


@pytest.mark.parametrize("span", [7, 90, 365, 1, -5])
def test_the_chart_covers_the_days_asked_for(browser: Client, site: Site, span: int) -> None:
    launch(site)
    append(site, keep("1", "sent", campaign="hello"))
    page = browser.get(f"{HOME}/hello?span={span}").text
    assert ("Week by week" in page) == (span == 365)


def test_the_figures_alone_are_fetched_for_a_live_page(browser: Client, site: Site) -> None:
    launch(site)
    say_hi(site, "ana")
    page = browser.get(f"{HOME}/hello").text
    assert f'data-live="{HOME}/hello/figures"' in page
    part = browser.get(f"{HOME}/hello/figures").text
    assert "<html" not in part
    assert "<dt>Waiting now</dt><dd>1</dd>" in part


# ---------------------------------------------------------------- who waits, what was decided


def test_who_waits_is_listed_in_pages(browser: Client, site: Site) -> None:
    launch(site)
    say_hi(site, *(f"user-{number:02}" for number in range(60)), "a/b c")
    first = browser.get(f"{HOME}/hello/waiting").text
    assert "/dashboard/users/a%2Fb%20c" in first
    assert "in 1 day" in first
    assert "user-48" in first
    assert "user-49" not in first
    assert "?after=user-48" in first
    assert "user-59" in browser.get(f"{HOME}/hello/waiting?after=user-48").text


def test_decisions_come_latest_first_and_are_filtered(browser: Client, site: Site) -> None:
    launch(site)
    append(site, *(keep(f"{number}", "sent", user=f"user-{number:03}", campaign="hello") for number in range(60)))
    append(site, keep("x", "suppressed", user="ana", campaign="hello"))
    first = browser.get(f"{HOME}/hello/decisions").text
    assert first.index("ana") < first.index("user-059") < first.index("user-011")
    assert "user-010" not in first
    assert "?before=12" in first
    assert "user-010" in browser.get(f"{HOME}/hello/decisions?before=12").text
    suppressed = browser.get(f"{HOME}/hello/decisions?outcome=suppressed").text
    assert "not reachable" in suppressed
    assert "user-059" not in suppressed
    assert "user-007" in browser.get(f"{HOME}/hello/decisions?user=user-007").text
    assert "No such decision" in browser.get(f"{HOME}/hello/decisions?user=user-007&outcome=control").text


def test_a_rare_outcome_is_looked_for_bit_by_bit(browser: Client, site: Site) -> None:
    launch(site)
    append(site, keep("rare", "control", user="ana", campaign="hello"))
    append(site, *(keep(f"{number}", "sent", user=f"user-{number}", campaign="hello") for number in range(LOOKED_AT)))
    page = browser.get(f"{HOME}/hello/decisions?outcome=control").text
    assert f"None among these {LOOKED_AT:,} decisions" in page
    assert "?outcome=control&amp;before=2" in page
    assert ">ana</a>" in browser.get(f"{HOME}/hello/decisions?outcome=control&before=2").text


# ---------------------------------------------------------------- versions


def test_versions_show_what_changed(browser: Client, site: Site, clock: VirtualClock) -> None:
    save(site)
    clock.set(clock.now() + timedelta(days=1))
    save(site, name="Hello again")
    page = browser.get(f"{HOME}/hello/versions").text
    assert "From version 1 to 2" in page
    assert '<tr class="gone">' in page
    assert "name: Hello again" in page
    assert "The first version" in browser.get(f"{HOME}/hello/versions?number=1").text
    assert browser.get(f"{HOME}/hello/versions?number=1&against=2").text.count("From version 1 to 2") == 1
    assert browser.get(f"{HOME}/hello/versions?number=7").status_code == 400
