"""Who may speak for whom, and from where: user tokens, origins, and what browsers are told of it."""

import base64
import hmac
import json
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from httpx import Response

from ensue.runners.clock import VirtualClock
from ensue.web.site import Site
from tests.web.asking import problem
from tests.web.conftest import MORNING
from tests.web.mailing import Client
from tests.web.shopping import BATCH, ORIGIN, START, SYNC, Json, Shop

SECONDS = int(MORNING.timestamp())
ELSEWHERE = "https://evil.example"


@pytest.fixture
def shop(site: Site, client: Client) -> Shop:
    return Shop(site, client)


@pytest.fixture
def signed(site: Site, client: Client) -> Shop:
    return Shop(site, client, is_signed=True)


# ---------------------------------------------------------------- user tokens


def test_a_signed_app_takes_what_comes_with_the_users_token(signed: Shop) -> None:
    token = signed.token(sub="ana", exp=SECONDS + 3600, iat=SECONDS, name="Ana", aud="shop", iss="shop")
    signed.taken("ana", START, token=token)
    assert signed.sync("ana", token=token)["messages"] == []


def test_a_signed_app_needs_a_token_for_everybody_but_those_who_have_not_signed_in(signed: Shop) -> None:
    answer = signed.sync("ana", 401)
    assert (problem(answer)["code"], problem(answer)["path"]) == ("user_token", "token")
    assert problem(signed.batch("ana", START, status=401))["code"] == "user_token"
    signed.taken("anonymous-1", START)
    signed.sync("anonymous-1")
    signed.sync("anonymous", 401)


def test_an_app_that_is_not_signed_needs_no_token(shop: Shop) -> None:
    shop.taken("ana", START)
    shop.taken("ana", START, token="whatever")


@pytest.mark.parametrize(
    ("claims", "is_good"),
    [
        ({"sub": "ana"}, True),
        ({"sub": "ana", "exp": SECONDS + 1}, True),
        ({"sub": "ana", "exp": SECONDS - 29}, True),
        ({"sub": "ana", "exp": SECONDS - 30}, False),
        ({"sub": "ana", "exp": SECONDS - 3600}, False),
        ({"sub": "ana", "nbf": SECONDS + 30}, True),
        ({"sub": "ana", "nbf": SECONDS + 31}, False),
        ({"sub": "ana", "exp": str(SECONDS + 3600)}, False),
        ({"sub": "ana", "exp": None}, False),
        ({"sub": "ana", "exp": True}, False),
        ({"sub": "ana", "exp": float("nan")}, False),
        ({"sub": "ana", "exp": 10**400}, True),
        ({"sub": "bo"}, False),
        ({"sub": "ana "}, False),
        ({"sub": ["ana"]}, False),
        ({}, False),
    ],
)
def test_a_token_holds_for_its_user_and_its_time(signed: Shop, claims: Json, is_good: bool) -> None:  # noqa: FBT001
    token = signed_by("sha256", "HS256", signed.app.secret or "", claims)
    signed.sync("ana", 200 if is_good else 401, token=token)


def test_a_token_ends_with_time(signed: Shop, clock: VirtualClock) -> None:
    token = signed.token(sub="ana", exp=SECONDS + 60)
    signed.sync("ana", token=token)
    clock.set(MORNING + timedelta(seconds=90))
    signed.sync("ana", 401, token=token)


def signed_by(digest: str, algorithm: str, secret: str, claims: Json) -> str:
    """Return a token that is signed by hand."""
    text = f"{encoded(json.dumps({'alg': algorithm}).encode())}.{encoded(json.dumps(claims).encode())}"
    return f"{text}.{encoded(hmac.new(secret.encode(), text.encode(), digest).digest())}"


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def hostile(shop: Shop) -> dict[str, str]:
    """Return tokens that somebody could make who does not know the secret."""
    good, claims = shop.token(sub="ana"), {"sub": "ana"}
    header, body, sign = good.split(".")
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    unsigned, other_body = encoded(b'{"alg":"none"}'), encoded(b'{"sub":"bo"}')
    deep = encoded(b"[" * 2_000)
    return {
        "no algorithm": f"{unsigned}.{body}.",
        "no algorithm, a signature": f"{unsigned}.{body}.{sign}",
        "none, by the library": jwt.encode(claims, "", algorithm="none"),
        "another secret": jwt.encode(claims, "a" * 43, algorithm="HS256"),
        "the app's key as secret": jwt.encode(claims, shop.app.id, algorithm="HS256"),
        "a public key": jwt.encode(claims, rsa_key, algorithm="RS256"),
        "another length": signed_by("sha512", "HS512", shop.app.secret or "", claims),
        "another body": f"{header}.{other_body}.{sign}",
        "no signature": f"{header}.{body}.",
        "cut off": good[:-3],
        "deep": f"{deep}.{deep}.{sign}",
        "no token": "token",
        "nothing": "",
        "dots": "....",
        "not ASCII": "ü.ü.ü",
        "long": "a" * 5000,
    }


def test_no_other_algorithm_secret_or_shape_of_token_is_taken(signed: Shop) -> None:
    other = Shop(signed.site, signed.client, is_signed=True)
    for name, token in {**hostile(signed), "of another app": other.token(sub="ana")}.items():
        answer = signed.post(SYNC, {"app": signed.app.id, "user": "ana", "token": token})
        assert (name, answer.status_code) == (name, 401)
        assert answer.headers["access-control-allow-origin"] == ORIGIN
    signed.sync("ana", token=signed.token(sub="ana"))


# ---------------------------------------------------------------- origins


def allowed(answer: Response) -> str | None:
    """Return whose pages may read an answer; it tells caches that it depends on who asks."""
    assert answer.headers["vary"] == "Origin"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    found: str | None = answer.headers.get("access-control-allow-origin")
    return found


def test_the_pages_of_the_app_and_mobile_apps_may_ask(shop: Shop) -> None:
    body = {"app": shop.app.id, "user": "ana"}
    answer = shop.post(SYNC, body)
    assert (answer.status_code, allowed(answer)) == (200, ORIGIN)
    answer = shop.post(SYNC, body, origin=None, kind="application/json")
    assert (answer.status_code, allowed(answer)) == (200, None)


@pytest.mark.parametrize(
    "origin",
    [
        ELSEWHERE,
        "null",
        "",
        "http://shop.example",
        "https://shop.example:444",
        "https://shop.example.evil.example",
        "https://www.shop.example",
        "HTTPS://SHOP.EXAMPLE",
        "*",
    ],
)
def test_pages_from_elsewhere_are_refused_and_may_not_read_it(shop: Shop, origin: str) -> None:
    body: Json = {"app": shop.app.id, "user": "ana"}
    for path, content in ((SYNC, body), (BATCH, body | {"events": []})):
        answer = shop.post(path, content, origin=origin)
        assert (answer.status_code, allowed(answer)) == (403, None)
        assert problem(answer.json())["code"] == "origin"


def test_an_app_for_all_origins_takes_all(site: Site, client: Client) -> None:
    app = site.apps.create("Anywhere", ["*"])
    answer = client.post(SYNC, json={"app": app.id, "user": "ana"}, headers={"Origin": ELSEWHERE})
    assert (answer.status_code, allowed(answer)) == (200, ELSEWHERE)


def test_an_app_without_origins_is_for_mobile_apps_only(site: Site, client: Client) -> None:
    app = site.apps.create("Mobile", [])
    body = {"app": app.id, "user": "ana"}
    assert client.post(SYNC, json=body).status_code == 200
    assert client.post(SYNC, json=body, headers={"Origin": ORIGIN}).status_code == 403


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        (SYNC, b"{", 400),
        (SYNC, b'{"app": "app_none", "user": "ana"}', 403),
        (BATCH, b'{"app": 1}', 400),
        (BATCH, b'"' + b"x" * 20_000 + b'"', 413),
        ("/sdk/v1/nothing", b"{}", 404),
    ],
)
def test_the_apps_pages_may_read_what_went_wrong(shop: Shop, path: str, content: bytes, status: int) -> None:
    headers = {"Content-Type": "text/plain;charset=UTF-8", "Origin": ORIGIN}
    answer = shop.client.post(path, content=content, headers=headers)
    assert (answer.status_code, allowed(answer)) == (status, ORIGIN)
    assert problem(answer.json())["code"]


def test_other_types_of_content_are_refused(shop: Shop) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "text/html"):
        answer = shop.post(SYNC, {"app": shop.app.id, "user": "ana"}, kind=kind)
        assert (answer.status_code, allowed(answer)) == (415, ORIGIN)


def test_a_browser_that_asks_beforehand_is_told_what_it_may(shop: Shop) -> None:
    asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    for path in (SYNC, BATCH, "/sdk/v1/stream/x"):
        answer = shop.client.options(path, headers={"Origin": ORIGIN, **asking})
        assert (answer.status_code, allowed(answer)) == (204, ORIGIN)
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert answer.headers["access-control-allow-headers"] == "content-type"
        answer = shop.client.options(path, headers={"Origin": ELSEWHERE, **asking})
        assert allowed(answer) is None
        assert "access-control-allow-methods" not in answer.headers


def test_the_api_stays_shut_to_other_pages(shop: Shop, client: Client, key: dict[str, str]) -> None:
    del shop
    answer = client.get("/api/v1/status", headers={**key, "Origin": ORIGIN})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_an_app_key_opens_nothing_of_the_api(shop: Shop, client: Client) -> None:
    headers = {"Authorization": f"Bearer {shop.app.id}"}
    assert client.get("/api/v1/status", headers=headers).status_code == 401
