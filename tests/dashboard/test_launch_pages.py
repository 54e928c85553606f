"""The page of launches: what can be ticked, the plan, and the launch of the set."""

from ensue.codec.build import build
from ensue.core.records import Campaign
from tests.dashboard.conftest import SignIn
from tests.dashboard.world import World, follows
from tests.web.mailing import Client

PAGE = "/dashboard/launch"


def save(world: World, *definitions: dict[str, object]) -> None:
    for one in definitions:
        world.site.definitions.save_campaign(build(Campaign, one))


def statuses(world: World, *names: str) -> list[str]:
    launched = world.site.runner.plan.campaigns
    return [launched[name].status if name in launched else "draft" for name in names]


def test_with_nothing_to_launch_the_page_says_so(browser: Client) -> None:
    page = browser.get(PAGE)
    assert page.status_code == 200
    assert "Nothing to launch" in page.text


def test_drafts_are_ticked_in_the_list_and_lead_to_their_plan(browser: Client, world: World) -> None:
    save(world, follows("late", "welcome", "click_email"), follows("later", "late", "open_email"))
    campaigns = browser.get("/dashboard/campaigns").text
    assert 'form="launch" name="id" value="late"' in campaigns
    assert 'value="welcome"' not in campaigns
    page = browser.get(f"{PAGE}?id=late&id=later").text
    assert page.index(">Later</a>") < page.index(">Late</a>")
    assert "3 users missed" in page
    assert "3 users did this 3 times before “Late” is active, and will be missed." in page
    assert "In order: nobody is missed." in page
    assert "Launch these 2" in page
    assert 'class="map"' in page


def test_a_set_is_launched_by_one_button(browser: Client, world: World) -> None:
    save(world, follows("late", "welcome", "click_email"), follows("later", "late", "open_email"))
    answer = browser.post(PAGE, data={"id": ["late", "later"]})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/dashboard/campaigns")
    assert statuses(world, "late", "later") == ["active", "active"]
    assert "Launched, in this order: later, late." in browser.get("/dashboard/campaigns").text
    log = world.site.staff.changes()
    assert [one.target for one in log if one.action == "launch"] == ["late", "later"]


def test_what_forbids_the_launch_is_shown_and_nothing_is_launched(browser: Client, world: World) -> None:
    save(world, follows("late", "welcome", "click_email"), {"kind": "campaign", "id": "empty"})
    page = browser.get(f"{PAGE}?id=late&id=empty").text
    assert "empty: delivery" in page
    assert "Launch these" not in page
    answer = browser.post(PAGE, data={"id": ["late", "empty"]})
    assert answer.status_code == 409
    assert "empty: delivery" in answer.text
    assert statuses(world, "late", "empty") == ["draft", "draft"]


def test_a_follow_on_that_is_left_out_can_be_added(browser: Client, world: World) -> None:
    save(world, follows("late", "welcome", "click_email"), follows("later", "late", "open_email"))
    page = browser.get(f"{PAGE}?id=late").text
    assert "“Later” follows on “Late”. Launched later, it misses what happens before." in page
    assert 'href="/dashboard/launch?id=late&amp;id=later"' in page


def test_a_circle_is_named_and_names_are_escaped(browser: Client, world: World) -> None:
    wait = {"delay": {"after": "1 day"}}
    first = follows("first", "second", "click_email", **wait) | {"name": "<b>First</b>"}
    save(world, first, follows("second", "first", "click_email", **wait))
    page = browser.get(f"{PAGE}?id=first&id=second").text
    assert "A circle: first → second → first." in page
    assert "<b>First</b>" not in page
    assert "&lt;b&gt;First&lt;/b&gt;" in page


def test_an_id_that_nothing_has_is_not_found(browser: Client, world: World) -> None:
    assert statuses(world, "welcome") == ["active"]
    assert browser.get(f"{PAGE}?id=nothing").status_code == 400
    assert browser.post(PAGE, data={}).headers["Location"] == PAGE


def test_viewers_look_at_plans_and_launch_nothing(sign_in: SignIn, world: World) -> None:
    save(world, follows("late", "welcome", "click_email"))
    viewer = sign_in("viewer")
    page = viewer.get(f"{PAGE}?id=late")
    assert page.status_code == 200
    assert "Launch it" not in page.text
    assert viewer.post(PAGE, data={"id": "late"}).status_code == 403


def test_the_review_counts_whom_the_campaign_would_miss(browser: Client, world: World) -> None:
    save(world, follows("late", "welcome", "click_email"))
    review = browser.get("/dashboard/campaigns/late/edit/review").text
    assert "3 users did this 3 times before “Late” is active, and will be missed." in review
