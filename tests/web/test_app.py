"""What all addresses share: headers, sizes, problem details, health, the OpenAPI document."""

import sqlite3
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Never

import pytest
import structlog
from litestar import get
from litestar.params import FromPath
from litestar.testing import TestClient

from ensue.errors import Problem, Unavailable, rejected
from ensue.web.app import create_app
from ensue.web.problems import CONFLICTS, UNKNOWN, status_of
from ensue.web.site import Site
from tests.web.asking import routes_of
from tests.web.mailing import URL, Client

TRACK = "/users/track"


@get("/bug", sync_to_thread=True)
def bug() -> Never:
    raise RuntimeError("a secret detail")


@get("/away", sync_to_thread=True)
def away() -> Never:
    raise Unavailable("The database does not answer.")


@get("/refusing/{campaign:str}", sync_to_thread=True)
def refusing(campaign: FromPath[str]) -> Never:
    raise rejected("unknown_campaign", "campaign", f"there is no campaign '{campaign}'", "Did you mean 'letter'?")


@get("/taken", sync_to_thread=True)
def taken() -> Never:
    raise rejected("id_taken", "id", "there is a campaign 'letter' already", "Choose another id.")


@get("/wrong", sync_to_thread=True)
def wrong() -> Never:
    raise rejected("unknown_campaign", "interactions[0].campaign", "there is no campaign 'x'", "Save it first.")


@pytest.fixture
def failing(site: Site) -> Client:
    app = create_app(site, [bug, away, refusing, taken, wrong])
    return TestClient(app, base_url=URL, raise_server_exceptions=False)


# ---------------------------------------------------------------- errors


def test_a_bug_is_logged_under_an_id_and_its_trace_is_shown_to_nobody(failing: Client) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = failing.get("/bug")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    (logged,) = logs
    assert isinstance(logged["exc_info"], RuntimeError)
    assert logged["error"] == answer.json()["error"]
    assert logged["error"] in answer.json()["detail"]


def test_what_is_unavailable_says_when_to_try_again(failing: Client) -> None:
    answer = failing.get("/away")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "Try again" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/refusing/leter", 404, "unknown_campaign"),
        ("/wrong", 400, "unknown_campaign"),
        ("/taken", 409, "id_taken"),
    ],
)
def test_a_refusal_has_its_status_and_tells_place_and_remedy(
    failing: Client, path: str, status: int, code: str
) -> None:
    answer = failing.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["title"]) == (status, HTTPStatus(status).phrase)
    (problem,) = body["problems"]
    assert problem["code"] == code
    assert problem["path"]
    assert problem["hint"] in body["detail"]


def test_several_problems_are_a_conflict_only_if_all_of_them_are() -> None:
    conflict, fault = (Problem(code=code, path="x", message="is so") for code in ("status", "missing"))
    assert status_of([conflict, conflict], {}) == HTTPStatus.CONFLICT
    assert status_of([conflict, fault], {}) == HTTPStatus.BAD_REQUEST
    assert not CONFLICTS & UNKNOWN


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("PATCH", TRACK, 405), ("GET", TRACK, 405)]
)
def test_a_wrong_address_or_method_gets_problem_details_with_a_remedy(
    client: Client, key: dict[str, str], method: str, path: str, status: int
) -> None:
    answer = client.request(method, path, headers=key)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["problems"][0]["hint"]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"[" * 9000, "application/json", 400),
        (b'{"a": "\xff"}', "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
    ],
    ids=["open", "empty", "deep", "no utf-8", "text", "untold"],
)
def test_a_body_that_cannot_be_read_is_refused_with_a_remedy(
    client: Client, key: dict[str, str], content: bytes, kind: str, status: int
) -> None:
    answer = client.post(TRACK, content=content, headers=key | {"Content-Type": kind})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert all(problem["message"] and problem["hint"] for problem in answer.json()["problems"])


@pytest.mark.parametrize("is_told", [True, False], ids=["told length", "untold length"])
def test_a_body_that_is_too_large_is_refused_and_told_the_limit(
    site: Site, client: Client, key: dict[str, str], *, is_told: bool
) -> None:
    large = b'{"attributes": [' + b" " * site.max_body + b"]}"
    content = large if is_told else iter([large[:5000], large[5000:]])
    answer = client.post(TRACK, content=content, headers=key | {"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert str(site.max_body) in answer.text


# ---------------------------------------------------------------- headers, health, the document


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/api/v1/status", "/api/openapi.json"])
def test_every_answer_has_the_headers_of_security(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers.get_list("content-security-policy") == [headers["content-security-policy"]]


def test_it_is_alive_and_ready_without_a_key(client: Client) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_it_is_alive_but_not_ready_once_the_database_is_let_go(site: Site, client: Client) -> None:
    site.runner.close()
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "retry-after" in answer.headers


def test_it_is_not_ready_on_a_database_that_lost_its_outbox(client: Client, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "e.db")) as database:
        database.execute("drop table outbox")
    with structlog.testing.capture_logs():
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "outbox" not in answer.text


def test_the_document_lists_every_address_with_the_key_it_needs(site: Site, client: Client) -> None:
    document = client.get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    (scheme,) = document["components"]["securitySchemes"].items()
    assert scheme[1]["type"] == "http"
    assert scheme[1]["scheme"] == "bearer"
    served = {route.path_format for route in routes_of(site)} - {"/"}
    assert set(document["paths"]) == {path for path in served if not path.startswith("/dashboard")}
    for path in document["paths"]:
        is_keyed = path.startswith(("/api/v1", "/users"))
        for operation in document["paths"][path].values():
            assert bool(operation.get("security")) == is_keyed
            assert operation["operationId"]


def test_the_document_points_to_nothing_that_is_not_there(client: Client) -> None:
    text = client.get("/api/openapi.json").text
    schemas = set(client.get("/api/openapi.json").json()["components"]["schemas"])
    pointed = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert pointed <= schemas


def test_there_is_no_page_that_loads_scripts_from_elsewhere(client: Client) -> None:
    for path in ("/schema", "/schema/swagger", "/api/openapi.json/swagger", "/api/swagger"):
        assert client.get(path).status_code == 404
