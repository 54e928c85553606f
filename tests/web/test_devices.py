"""The devices of a user over the API."""

import json
from collections.abc import Iterator

import pytest

from ensue.web.site import Site
from tests.channels.browser import Browser
from tests.web.asking import Api, problem, roomy, user
from tests.web.mailing import Client

PATH = "/api/v1/users/ana/devices"
PHONE = {"platform": "android", "token": "a" * 300}


@pytest.fixture
def api(site: Site) -> Iterator[Api]:
    with roomy(site) as api:
        api.post("/api/v1/users", {"users": [{"external_id": "ana"}]})
        yield api


def test_devices_are_added_and_listed(api: Api) -> None:
    assert api.get(PATH) == {"devices": []}
    api.post(PATH, PHONE)
    api.post(PATH, {"platform": "ios", "token": "i"})
    assert api.post(PATH, PHONE)["devices"][-1] == PHONE  # again
    assert sorted(device["platform"] for device in api.get(PATH)["devices"]) == ["android", "ios"]
    assert api.get("/api/v1/users/ana")["devices"] == 2


def test_a_browser_is_known_by_its_subscription_however_that_is_written(api: Api, site: Site) -> None:
    given = json.loads(Browser.made().subscription("https://push.example/1"))
    for text in (json.dumps(given, indent=2), json.dumps({"expirationTime": None, **given})):
        api.post(PATH, {"platform": "web", "token": text})
    state = user(site, "ana")
    assert state
    assert state.devices == {json.dumps(given, sort_keys=True, separators=(",", ":")): "web"}


@pytest.mark.parametrize("way", ["body", "address"])
def test_a_device_is_taken_away(api: Api, client: Client, key: dict[str, str], way: str) -> None:
    api.post(PATH, PHONE)
    for _ in range(2):  # the second time changes nothing
        asked = {"json": {"token": PHONE["token"]}} if way == "body" else {"params": {"token": PHONE["token"]}}
        assert client.request("DELETE", PATH, headers=key, **asked).status_code == 204  # type: ignore[arg-type]  # either of the two
    assert api.get(PATH) == {"devices": []}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"platform": "windows", "token": "t"}, "platform"),
        ({"platform": "ios", "token": ""}, "token"),
        ({"platform": "ios", "token": "t" * 5000}, "token"),
        ({"platform": "ios"}, "token"),
        ({"platform": "web", "token": "t"}, "token"),
        ({"platform": "web", "token": "{}"}, "token"),
    ],
)
def test_what_is_no_device_is_refused_with_its_place(api: Api, body: object, path: str) -> None:
    assert problem(api.post(PATH, body, 400))["path"] == path
    assert api.get(PATH) == {"devices": []}


def test_without_a_token_nothing_is_taken_away(api: Api) -> None:
    assert problem(api.delete(PATH, 400))["code"] == "json"


def test_devices_belong_to_users_who_are_known(api: Api) -> None:
    for status in (
        api.get("/api/v1/users/nobody/devices", 404),
        api.post("/api/v1/users/nobody/devices", PHONE, 404),
        api.delete("/api/v1/users/nobody/devices?token=t", 404),
    ):
        assert problem(status)["code"] == "unknown_user"


def test_a_key_that_may_only_read_changes_no_device(site: Site) -> None:
    with roomy(site, "users:read") as reader:
        assert problem(reader.post(PATH, PHONE, 403))["code"] == "scope"
