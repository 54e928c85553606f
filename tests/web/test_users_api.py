from collections.abc import Iterator

import pytest

from ensue.web.site import Site
from tests.web.asking import CAMPAIGN, NOW, Api, events_in, problem, roomy, user


@pytest.fixture
def api(site: Site) -> Iterator[Api]:
    with roomy(site) as api:
        yield api


@pytest.fixture
def known(api: Api) -> Api:
    api.post("/api/v1/users", {"users": [{"external_id": "ana", "attributes": {"email": "ana@example.com"}}]})
    return api


def test_what_is_known_of_a_user_is_shown(known: Api) -> None:
    shown = known.get("/api/v1/users/ana")
    assert (shown["external_id"], shown["attributes"]) == ("ana", {"email": "ana@example.com"})
    assert (shown["first_seen_at"], shown["devices"]) == (NOW, 0)


def test_what_waits_for_a_user_is_shown(known: Api) -> None:
    known.post("/api/v1/campaigns", CAMPAIGN)
    known.post("/api/v1/campaigns/hello/launch", status=200)
    known.post("/users/track", {"events": [{"external_id": "ana", "name": "hi", "time": NOW}]})
    (waiting,) = known.get("/api/v1/users/ana")["waiting"]
    assert (waiting["campaign"], waiting["due_at"]) == ("hello", "2026-03-03T09:00:00Z")
    (decision,) = known.get("/api/v1/users/ana/decisions")["decisions"]
    assert decision.get("decision", decision)["outcome"] == "waiting"
    assert len(known.get("/api/v1/users/ana/events")["events"]) == 2


def test_users_are_put_all_or_none(api: Api) -> None:
    people = [{"external_id": "ana"}, {"external_id": "bo", "attributes": {"email": "nobody"}}]
    assert problem(api.post("/api/v1/users", {"users": people}, 400))["path"] == "users[1].attributes.email"
    assert events_in(api.site) == 0


def test_at_most_a_thousand_users_are_put(api: Api) -> None:
    people = [{"external_id": f"u{number}"} for number in range(1001)]
    assert problem(api.post("/api/v1/users", {"users": people}, 400))["path"] == "users"
    api.post("/api/v1/users", {"users": people[:1000]})
    assert api.get("/api/v1/status")["users"] == 1000


def test_a_deleted_user_is_forgotten(known: Api) -> None:
    known.delete("/api/v1/users/ana")
    assert problem(known.get("/api/v1/users/ana", 404))["code"] == "unknown_user"
    known.delete("/api/v1/users/ana", 404)


@pytest.mark.parametrize("part", ["", "/decisions", "/events"])
def test_a_user_of_whom_nothing_was_heard_is_not_found(api: Api, part: str) -> None:
    assert problem(api.get(f"/api/v1/users/nobody{part}", 404))["code"] == "unknown_user"


def test_interactions_are_reported(known: Api) -> None:
    known.post("/api/v1/campaigns", CAMPAIGN)
    one = {"user": "ana", "campaign": "hello", "interaction": "open_email", "at": NOW}
    for _ in range(2):
        known.post("/api/v1/interactions", {"interactions": [one]})  # I1
    state = user(known.site, "ana")
    assert state is not None
    assert state.campaigns["hello"].opened_at == known.site.clock.now()


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"user": "nobody"}, "interactions[1].user"),
        ({"message": "m1"}, "interactions[1].message"),
        ({"campaign": None}, "interactions[1].campaign"),
        ({"interaction": "open_letter"}, "interactions[1].interaction"),
        ({"at": "2026-03-02T09:00:00"}, "interactions[1].at"),
        ({"campagn": "hello"}, "interactions[1].campagn"),
    ],
)
def test_an_interaction_that_cannot_be_attributed_refuses_them_all(
    known: Api, change: dict[str, object], path: str
) -> None:  # I2
    known.post("/api/v1/campaigns", CAMPAIGN)
    before = events_in(known.site)
    good = {"user": "ana", "campaign": "hello", "interaction": "open_email", "at": NOW}
    answer = known.post("/api/v1/interactions", {"interactions": [good, {**good, **change}]}, 400)
    assert problem(answer)["path"] == path
    assert events_in(known.site) == before


def test_at_most_five_hundred_interactions_are_taken(known: Api) -> None:
    known.post("/api/v1/campaigns", CAMPAIGN)
    good = {"user": "ana", "campaign": "hello", "interaction": "open_email"}
    answer = known.post("/api/v1/interactions", {"interactions": [good] * 501}, 400)
    assert answer["problems"][0]["path"] == "interactions"
