"""Apps over the API: made, listed, revoked; what their origins may be."""

import pytest

from ensue.web.site import Site
from tests.web.asking import Api, problem
from tests.web.mailing import Client
from tests.web.shopping import Shop

GOOD = [
    "https://shop.example",
    "https://shop.example:8443",
    "http://localhost:3000",
    "http://127.0.0.1",
    "https://[::1]:8000",
    "*",
]
BAD = [
    "",
    "shop.example",
    "https://shop.example/",
    "https://shop.example/path",
    "https://SHOP.example",
    "https://shop.example:443",
    "https://shop.example:no",
    "https://user@shop.example",
    "https://*.shop.example",
    "https://shöp.example",
    "https://shop.example?",
    "ftp://shop.example",
    "javascript:alert(1)",
    "null",
    "https://",
    "https://[::1",
    " https://shop.example",
    "https://shop.example\r\nX-Bad: 1",
]


@pytest.fixture
def api(client: Client, site: Site) -> Api:
    return Api(client, site, "keys")


def test_an_app_is_made_listed_and_revoked(api: Api) -> None:
    made = api.post("/api/v1/apps", {"name": "Shop", "origins": ["https://shop.example"]})
    app = made["app"]
    assert app["id"].startswith("app_")
    assert (app["name"], app["origins"], app["signed"], made["secret"]) == ("Shop", GOOD[:1], False, None)
    assert api.get("/api/v1/apps") == {"apps": [app]}
    api.delete(f"/api/v1/apps/{app['id']}")
    (revoked,) = api.get("/api/v1/apps")["apps"]
    assert revoked["revoked_at"] is not None
    api.delete(f"/api/v1/apps/{app['id']}")
    assert api.get("/api/v1/apps") == {"apps": [revoked]}


def test_the_secret_of_a_signed_app_is_shown_once(api: Api, site: Site) -> None:
    made = api.post("/api/v1/apps", {"name": "Shop", "signed": True})
    assert made["app"]["signed"]
    assert len(made["secret"]) >= 32
    listed = str(api.get("/api/v1/apps"))
    assert made["secret"] not in listed
    assert made["secret"] not in repr(site.apps.find(made["app"]["id"]))


@pytest.mark.parametrize("origin", GOOD)
def test_an_origin_is_written_as_browsers_do(api: Api, origin: str) -> None:
    assert api.post("/api/v1/apps", {"name": "Shop", "origins": [origin, origin]})["app"]["origins"] == [origin]


@pytest.mark.parametrize("origin", BAD)
def test_what_is_no_origin_is_refused(api: Api, origin: str) -> None:
    found = problem(api.post("/api/v1/apps", {"name": "Shop", "origins": ["*", origin]}, 400))
    assert (found["code"], found["path"]) == ("origin", "origins[1]")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"name": " "}, "name"),
        ({"name": "n" * 256}, "name"),
        ({"name": "Shop", "origins": ["*"] * 101}, "origins"),
        ({"name": "Shop", "origins": [1]}, "origins[0]"),
        ({"name": "Shop", "sign": True}, "sign"),
    ],
)
def test_an_app_that_is_wrong_is_not_made(api: Api, body: dict[str, object], path: str) -> None:
    assert problem(api.post("/api/v1/apps", body, 400))["path"] == path
    assert api.get("/api/v1/apps") == {"apps": []}


def test_an_app_that_is_not_there_is_not_revoked(api: Api) -> None:
    assert problem(api.delete("/api/v1/apps/app_none", 404))["code"] == "unknown_app"


def test_a_revoked_app_opens_nothing_from_that_moment(api: Api, client: Client, site: Site) -> None:
    shop, other = Shop(site, client), Shop(site, client)
    stream = shop.sync("ana")["stream"]
    api.delete(f"/api/v1/apps/{shop.app.id}")
    assert problem(shop.sync("ana", 403))["code"] == "unknown_app"
    assert problem(shop.batch("ana", status=403))["code"] == "unknown_app"
    assert client.get(stream).status_code == 403
    assert other.sync("ana")["messages"] == []
