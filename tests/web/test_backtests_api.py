"""Backtests over the API."""

from datetime import timedelta

import pytest
from litestar.testing import TestClient

from ensue.runners.clock import VirtualClock
from ensue.web.app import Application
from ensue.web.site import Site
from tests.web.asking import CAMPAIGN, NOW, Api, Json, problem


@pytest.fixture
def api(client: TestClient[Application], site: Site, clock: VirtualClock) -> Api:
    """Return an API with a past: ana said hi an hour ago, and nothing was live."""
    api = Api(client, site)
    events = [{"external_id": "ana", "name": "hi", "time": NOW}]
    api.post("/users/track", {"attributes": [{"external_id": "ana", "email": "ana@example.com"}], "events": events})
    clock.set(clock.now() + timedelta(hours=1))
    return api


def at_once(delay: str = "0 s") -> Json:
    return {**CAMPAIGN, "delivery": {**CAMPAIGN["delivery"], "delay": {"after": delay}}}


def finished(api: Api, started: Json) -> Json:
    assert api.site.backtests.work() == 0
    return api.get(f"/api/v1/backtests/{started['id']}")


def test_a_definition_is_run_and_nothing_is_saved(api: Api) -> None:
    started = api.post("/api/v1/backtests", {"definition": at_once(), "start": NOW}, 202)
    assert (started["status"], started["result"], started["asked_by"]) == ("waiting", None, "the key test")
    found = finished(api, started)
    assert (found["status"], found["done"], found["tested"]["how"]) == ("done", found["total"], "as_if_live")
    assert found["result"]["outcomes"] == {"sent": 1}
    (sample,) = found["result"]["samples"]["sent"]
    assert (sample["user"], sample["at"]) == ("ana", NOW)
    assert found["tested"]["definition"]["id"] == "hello"
    assert api.get("/api/v1/campaigns")["campaigns"] == []


def test_a_saved_draft_is_compared_with_another(api: Api) -> None:
    api.post("/api/v1/campaigns", at_once())
    body = {"campaign": "hello", "compare_with": {"definition": at_once("2 hours")}}
    found = finished(api, api.post("/api/v1/backtests", body, 202))
    assert (found["result"]["outcomes"], found["compared_result"]["outcomes"]) == ({"sent": 1}, {"waiting": 1})
    assert (found["difference"]["both"], found["difference"]["only_first"]) == (0, 1)
    assert found["difference"]["first_samples"] == ["ana"]


def test_backtests_are_listed_and_cancelled(api: Api) -> None:
    started = api.post("/api/v1/backtests", {"definition": at_once()}, 202)
    path = f"/api/v1/backtests/{started['id']}"
    assert api.post(f"{path}/cancel", status=200)["status"] == "cancelled"
    (line,) = api.get("/api/v1/backtests")["backtests"]
    assert (line["id"], line["campaign"], line["status"]) == (started["id"], "hello", "cancelled")
    assert problem(api.get("/api/v1/backtests/other", 404))["code"] == "unknown_backtest"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "campaign"),
        ({"campaign": "none"}, "campaign"),
        ({"campaign": "hello", "definition": CAMPAIGN}, "campaign"),
        ({"definition": CAMPAIGN, "compare_with": {}}, "compare_with.campaign"),
        ({"definition": {**CAMPAIGN, "delivery": {"type": "no"}}}, "definition.delivery.type"),
        ({"definition": CAMPAIGN, "how": "somehow"}, "how"),
        ({"definition": CAMPAIGN, "start": "2030-01-01T00:00:00Z"}, "start"),
        ({"definition": {**CAMPAIGN, "delivery": {"type": "scheduled", "at": "launch"}}}, "campaign"),
    ],
)
def test_what_cannot_be_run_is_refused_with_its_place(api: Api, body: Json, path: str) -> None:
    assert problem(api.post("/api/v1/backtests", body, 400))["path"] == path
    assert api.get("/api/v1/backtests")["backtests"] == []


def test_samples_show_users_and_so_need_a_scope_for_decisions(
    client: TestClient[Application], site: Site, api: Api
) -> None:
    started = api.post("/api/v1/backtests", {"definition": at_once()}, 202)
    narrow = Api(client, site, "campaigns:read")
    assert len(narrow.get("/api/v1/backtests")["backtests"]) == 1
    assert problem(narrow.get(f"/api/v1/backtests/{started['id']}", 403))["code"] == "scope"
    assert problem(narrow.post("/api/v1/backtests", {"definition": at_once()}, 403))["code"] == "scope"
