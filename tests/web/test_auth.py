"""Keys and scopes: who gets in, and what those are told who do not."""

import re

import pytest
from httpx import Headers
from litestar.testing import TestClient
from msgspec.structs import replace

from ensue.services.keys import SCOPES
from ensue.web.app import create_app
from ensue.web.auth import key_of
from ensue.web.problems import Refused
from ensue.web.site import Site
from tests.web.asking import routes_of
from tests.web.conftest import OWNER
from tests.web.mailing import URL, Client

OPEN = {
    "/o/{token}",
    "/c/{token}",
    "/u/{token}",
    "/p/{token}",
    "/sdk/{script}",
    "/sdk/v1/batch",
    "/sdk/v1/sync",
    "/sdk/v1/stream/{ticket}",
    "/healthz",
    "/readyz",
    "/api/openapi.json",
}
"""The addresses that need no key, or the public one of an app."""
STATUS = "/api/v1/status"


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def filled(path: str) -> str:
    """Return an address whose parameters are all 1."""
    return re.sub(r"\{\w+\}", "1", path)


def routes(site: Site) -> list[tuple[str, str, str | None]]:
    """Return all addresses of the API with their methods and scopes; the dashboard has tests of its own."""
    return [
        (route.path_format, str(method), handler.opt.get("scope"))
        for route in routes_of(site)
        if route.path_format != "/" and not route.path_format.startswith("/dashboard")
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS"
    ]


def test_every_address_but_the_open_ones_names_a_scope_and_is_shut_without_a_key(site: Site, client: Client) -> None:
    shut = [one for one in routes(site) if one[0] not in OPEN]
    assert len(shut) > 20
    for path, method, scope in shut:
        answer = client.request(method, filled(path))
        assert (path, method, answer.status_code) == (path, method, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert set((scope or "").split()) <= set(SCOPES)
        assert scope


def test_every_open_address_is_there(site: Site) -> None:
    assert {path for path, _, scope in routes(site) if scope is None} == OPEN


@pytest.mark.parametrize(
    "header", [b"", b"Bearer", b"Bearer  ", b"Basic dXNlcjpwYXNz", b"ek_x", b"Bearer ek_nobody", b"Bearer \xe9"]
)
def test_a_request_without_a_good_key_is_told_how_to_get_one(client: Client, header: bytes) -> None:
    request = client.build_request("GET", STATUS)
    request.headers = Headers([*request.headers.raw, (b"Authorization", header)])
    answer = client.send(request)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    (problem,) = answer.json()["problems"]
    assert problem["code"] in {"no_key", "bad_key"}
    assert "Authorization: Bearer" in problem["hint"]


def test_a_key_opens_what_its_scope_names_and_nothing_else(site: Site, client: Client) -> None:
    _, secret = site.keys.create("reader", ["campaigns:read"])
    assert client.get("/api/v1/campaigns", headers=bearer(secret)).status_code == 200
    answer = client.post("/users/track", headers=bearer(secret), json={"attributes": [{"external_id": "ana"}]})
    assert answer.status_code == 403
    assert "track" in answer.json()["detail"]
    assert site.runner.read(lambda store: store.journal.count_users()) == 0


@pytest.mark.parametrize("scope", [scope for scope in SCOPES if scope != "all"])
def test_a_key_with_one_scope_gets_past_the_door_exactly_where_that_scope_is_named(
    site: Site, client: Client, scope: str
) -> None:
    _, secret = site.keys.create("one", [scope])
    for path, method, needed in routes(site):
        if needed is not None:
            answer = client.request(method, filled(path), headers=bearer(secret))
            assert (path, method, answer.status_code == 403) == (path, method, needed != scope)


def test_a_key_for_all_and_the_owner_get_in_everywhere(client: Client, key: dict[str, str]) -> None:
    assert client.get(STATUS, headers=key).status_code == 200
    assert client.get(STATUS, headers=bearer(OWNER)).status_code == 200
    assert client.get(STATUS, headers={"Authorization": f"bearer {OWNER}"}).status_code == 200


def test_without_an_owners_token_an_empty_one_opens_nothing(site: Site) -> None:
    ownerless = replace(site, owner_token="")
    with TestClient(create_app(ownerless), base_url=URL) as client:
        assert client.get(STATUS, headers={"Authorization": "Bearer "}).status_code == 401


def test_an_empty_secret_is_not_the_token_of_a_site_that_has_none(site: Site) -> None:
    with pytest.raises(Refused):
        key_of(replace(site, owner_token=""), "")


def test_a_revoked_key_opens_nothing(site: Site, client: Client) -> None:
    made, secret = site.keys.create("old", ["all"])
    assert client.get(STATUS, headers=bearer(secret)).status_code == 200
    site.keys.revoke(made.id)
    assert client.get(STATUS, headers=bearer(secret)).status_code == 401


def test_no_answer_repeats_the_key(client: Client) -> None:
    answer = client.get(STATUS, headers=bearer("ek_secret_of_somebody"))
    assert "ek_secret_of_somebody" not in answer.text
