"""Each bad input gives one clear message with its place and remedy, and nothing is half written."""

import pytest
from litestar.testing import TestClient

from ensue.web.app import Application
from ensue.web.site import Site
from tests.web.asking import CAMPAIGN, Api, Json, events_in, problem

SAVE = "/api/v1/campaigns"


@pytest.fixture
def api(client: TestClient[Application], site: Site) -> Api:
    return Api(client, site)


def nothing_is_kept(api: Api) -> bool:
    return not api.site.runner.read(lambda store: store.catalog.campaigns()) and not events_in(api.site)


@pytest.mark.parametrize(
    ("change", "path", "remedy"),
    [
        ({"audiense": {}}, "audiense", "audience"),
        ({"id": "Not An Id"}, "id", "a-z"),
        ({"control_group": 101}, "control_group", ""),
        ({"send_to": "everybody"}, "send_to", "subscribed"),
    ],
)
def test_a_wrong_campaign_is_refused_with_its_place(api: Api, change: Json, path: str, remedy: str) -> None:
    (found,) = api.post(SAVE, {**CAMPAIGN, **change}, 400)["problems"]
    assert found["path"] == path
    assert remedy in found["message"] + found.get("hint", "")
    assert nothing_is_kept(api)


def refused_launch(api: Api, change: Json) -> Json:
    """Save a campaign with this change, and return the problem that forbids its launch."""
    api.post(SAVE, {**CAMPAIGN, **change})
    (found,) = api.post(f"{SAVE}/hello/launch", status=400)["problems"]
    assert api.get(f"{SAVE}/hello")["status"] == "draft"
    return dict(found)


def test_shares_that_do_not_add_up_forbid_a_launch(api: Api) -> None:  # L2
    channels = CAMPAIGN["channels"]
    variations = [{"name": name, "share": 45, "channels": channels} for name in "AB"]
    found = refused_launch(api, {"channels": None, "variations": variations})
    assert "variations" in found["path"]
    assert "100" in found["message"] + found["hint"]


def test_an_unknown_campaign_in_a_trigger_forbids_a_launch(api: Api) -> None:  # L2
    api.post(SAVE, {**CAMPAIGN, "id": "original"})
    trigger = {"interact_with_campaign": {"campaign": "orignal", "interaction": "open_email"}}
    found = refused_launch(api, {"delivery": {"type": "action_based", "triggers": [trigger]}})
    assert found["path"].startswith("hello: delivery.triggers[0]")
    assert "'original'" in found["hint"]


def test_an_error_in_a_template_forbids_a_launch(api: Api) -> None:  # L2
    found = refused_launch(api, {"channels": {"email": {"subject": "{% if %}", "html": "<p>Hello</p>"}}})
    assert "email.subject" in found["path"]
    assert found["message"]
    assert found["hint"]


def test_an_unknown_campaign_in_the_address_is_not_found(api: Api) -> None:
    api.post(SAVE, CAMPAIGN)
    for path in ("", "/versions", "/report", "/decisions"):
        assert "'hello'" in problem(api.get(f"{SAVE}/helo{path}", 404))["hint"]
    for path in ("launch", "validate"):
        assert "'hello'" in problem(api.post(f"{SAVE}/helo/{path}", status=404))["hint"]


def test_a_bad_time_is_refused_with_an_example(api: Api) -> None:
    delivery = {**CAMPAIGN["delivery"], "start": "tomorrow"}
    found = problem(api.post(SAVE, {**CAMPAIGN, "delivery": delivery}, 400))
    assert found["path"] == "delivery.start"
    assert "2026-03-02T09:00:00Z" in found["hint"]
    assert nothing_is_kept(api)


@pytest.mark.parametrize("path", [SAVE, "/users/track", "/api/v1/users", "/api/v1/interactions", "/api/v1/apply"])
@pytest.mark.parametrize("body", [b"", b"{", b'{"a": 1,\n "b" 2}', b"\xff", b"[NaN]", b"[" * 9_000])
def test_what_is_no_json_is_refused(api: Api, path: str, body: bytes) -> None:
    (found,) = api.send(path, body, 400)["problems"]
    assert found["code"] == "json"
    assert found["hint"]
    assert nothing_is_kept(api)


def test_a_mistake_in_json_is_shown_with_line_and_column(api: Api) -> None:
    found = problem(api.send(SAVE, b'{"a": 1,\n "b" 2}', 400))
    assert (found["line"], found["column"]) == (2, 6)


@pytest.mark.parametrize("body", [b"null", b"3", b'"text"', b"[]"])
@pytest.mark.parametrize("path", [SAVE, "/users/track", "/api/v1/users", "/api/v1/interactions", "/api/v1/launch"])
def test_json_that_is_no_object_is_refused(api: Api, path: str, body: bytes) -> None:
    assert problem(api.send(path, body, 400))["path"] == ""
    assert nothing_is_kept(api)


@pytest.mark.parametrize("path", [SAVE, "/users/track", "/api/v1/users"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_refused(api: Api, path: str, kind: str) -> None:
    found = problem(api.send(path, b"{}", 415, kind))
    assert "application/json" in found["hint"]
    assert nothing_is_kept(api)


@pytest.mark.parametrize("path", [SAVE, "/users/track", "/api/v1/users"])
def test_a_body_that_is_too_large_is_refused(api: Api, path: str) -> None:
    body = b'{"users": "' + b"x" * api.site.max_body + b'"}'
    assert api.send(path, body, 413)["status"] == 413
    assert nothing_is_kept(api)


def test_a_number_that_cannot_be_stored_is_refused(api: Api) -> None:
    body: Json = {"users": [{"external_id": "ana", "attributes": {"visits": 2**70}}]}
    assert api.post("/api/v1/users", body, 400)["problems"][0]["path"] == "users[0].attributes.visits"
    assert nothing_is_kept(api)


def test_a_text_that_cannot_be_stored_is_refused(api: Api) -> None:
    body: Json = {"users": [{"external_id": "a\x00na"}]}
    assert api.post("/api/v1/users", body, 400)["problems"][0]["path"] == "users[0].external_id"
    assert nothing_is_kept(api)


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "after=-1", f"after={2**63}"])
def test_a_bad_parameter_is_refused(api: Api, query: str) -> None:
    api.post(SAVE, CAMPAIGN)
    found = problem(api.get(f"{SAVE}/hello/decisions?{query}", 400))
    assert found["path"] == query.partition("=")[0]
