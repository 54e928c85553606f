"""Plans, launches and the connection map over the API."""

import pytest
from litestar.testing import TestClient

from ensue.runners.clock import VirtualClock
from ensue.web.app import Application
from ensue.web.site import Site
from tests.dashboard.world import World, follows
from tests.web.asking import CAMPAIGN, Api, problem

FOLLOW_ON = follows("answer", "hello", "open_email")


@pytest.fixture
def api(client: TestClient[Application], site: Site) -> Api:
    return Api(client, site)


@pytest.fixture
def drafts(api: Api) -> Api:
    for one in (CAMPAIGN, FOLLOW_ON):
        api.post("/api/v1/campaigns", one)
    return api


def test_a_plan_says_the_order_in_which_the_launch_then_happens(drafts: Api) -> None:  # B1
    plan = drafts.post("/api/v1/launch/plan", {"ids": ["hello", "answer"]}, 200)
    assert [one["id"] for one in plan["order"]] == ["answer", "hello"]
    assert [plan[part] for part in ("circles", "left_out", "problems")] == [[], [], []]
    (strand,) = plan["connections"]
    assert (strand["original"], strand["follow_on"], strand["cautions"]) == ("hello", "answer", [])
    launched = drafts.post("/api/v1/launch", {"ids": ["hello", "answer"]}, 200)["launched"]
    assert launched == [{"id": "answer", "status": "active"}, {"id": "hello", "status": "active"}]


def test_a_plan_counts_whom_a_live_original_has_had(drafts: Api) -> None:  # B1
    drafts.post("/api/v1/launch", {"ids": ["hello"]}, 200)
    drafts.post("/api/v1/users", {"users": [{"external_id": "ana"}, {"external_id": "bo"}]})
    opened = {"interaction": "open_email", "campaign": "hello"}
    opens = [{"user": user, "id": f"{user}-{place}", **opened} for user in ("ana", "bo") for place in range(2)]
    drafts.post("/api/v1/interactions", {"interactions": opens})
    plan = drafts.post("/api/v1/launch/plan", {"ids": ["answer"]}, 200)
    assert plan["order"][0]["missed"] == {"users": 2, "interactions": 4}
    (caution,) = plan["connections"][0]["cautions"]
    assert (caution["code"], caution["weight"]) == ("missed", "warn")


def test_a_plan_changes_nothing_and_tells_what_forbids_the_launch(drafts: Api) -> None:
    drafts.post("/api/v1/campaigns", {"kind": "campaign", "id": "empty"})
    plan = drafts.post("/api/v1/launch/plan", {"ids": ["hello", "empty"]}, 200)
    assert {one["path"] for one in plan["problems"]} == {"empty: channels", "empty: delivery"}
    assert [one["id"] for one in plan["left_out"]] == ["answer"]
    assert drafts.get("/api/v1/campaigns/hello")["status"] == "draft"
    assert "'hello'" in problem(drafts.post("/api/v1/launch/plan", {"ids": ["helo"]}, 400))["hint"]
    problem(drafts.post("/api/v1/launch/plan", {"ids": []}, 400))


def test_whoever_may_read_campaigns_may_plan_and_not_launch(client: TestClient[Application], drafts: Api) -> None:
    reader = Api(client, drafts.site, "campaigns:read")
    reader.post("/api/v1/launch/plan", {"ids": ["hello"]}, 200)
    reader.post("/api/v1/launch", {"ids": ["hello"]}, 403)
    Api(client, drafts.site, "launch").post("/api/v1/launch/plan", {"ids": ["hello"]}, 403)


def test_connections_tell_what_came_of_each(api: Api, clock: VirtualClock) -> None:  # B6
    world = World(api.site, clock)
    world.furnish()
    found = {
        (one["original"]["id"], one["follow_on"]["id"]): one for one in api.get("/api/v1/connections")["connections"]
    }
    assert list(found) == [("offer", "reminder"), ("sale", "offer"), ("welcome", "offer")]
    click = found["welcome", "offer"]
    assert click["original"] == {"id": "welcome", "name": "Welcome", "kind": "campaign", "status": "active"}
    amounts = ("interacted", "waiting", "cancelled", "sent", "converted")
    assert [click[name] for name in amounts] == [3, 2, 1, 0, 0]
    assert (click["cancelled_by"], click["outcomes"]) == ({"view_card": 1}, {"waiting": 2, "cancelled:view_card": 1})
    assert (click["role"], click["interaction"], click["in_circle"], click["late"]) == (
        "trigger",
        "click_email",
        False,
        None,
    )
    view = found["sale", "offer"]
    assert (view["role"], view["interacted"], view["cancelled"], view["original"]["kind"]) == (
        "exception",
        1,
        1,
        "card",
    )


def test_connections_tell_conversions_circles_and_late_follow_ons(api: Api, clock: VirtualClock) -> None:  # B6
    world = World(api.site, clock)
    world.furnish()
    bought = {"conversions": [{"make_purchase": {}, "window": "3 days"}]}
    again = {**follows("again", "welcome", "open_email"), **bought, "re_eligibility": {"window": "0 seconds"}}
    api.post("/api/v1/campaigns", again)
    assert lines(api)["welcome", "again"]["late"] == "missing"
    clock.set(clock.now().replace(hour=12))
    api.post("/api/v1/launch", {"ids": ["again"]}, 200)
    for user in ("ana", "bo"):
        world.reported(user, "open_email", "welcome")
    world.happen()
    world.buy("ana")
    line = lines(api)["welcome", "again"]
    assert [line[name] for name in ("sent", "converted", "late")] == [2, 1, "late"]
    circle = follows("first", "second", "click_email"), follows("second", "first", "click_email")
    for one in circle:
        api.post("/api/v1/campaigns", one)
    assert lines(api)["first", "second"]["in_circle"]


def test_connections_of_what_is_archived_are_told_where_they_are_asked_for(drafts: Api) -> None:
    assert len(drafts.get("/api/v1/connections")["connections"]) == 1
    drafts.post("/api/v1/campaigns/answer/archive", status=200)
    assert drafts.get("/api/v1/connections")["connections"] == []
    assert len(drafts.get("/api/v1/connections?archived=true")["connections"]) == 1


def lines(api: Api) -> dict[tuple[str, str], dict[str, object]]:
    found = api.get("/api/v1/connections")["connections"]
    return {(one["original"]["id"], one["follow_on"]["id"]): one for one in found}
