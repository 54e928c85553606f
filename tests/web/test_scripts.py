"""The scripts of the browser SDK, as pages of any site load them."""

from pathlib import Path

import pytest

from ensue.web import scripts
from tests.web.asking import problem
from tests.web.mailing import Client


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Serve scripts of this test."""
    (tmp_path / "ensue.js").write_text("export default 1; // é\n", encoding="utf-8")
    (tmp_path / "sw.js").write_text("1;\n", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("no\n", encoding="utf-8")
    monkeypatch.setattr(scripts, "FOLDER", tmp_path)
    return tmp_path


def test_a_script_is_for_any_page_and_kept_for_five_minutes(client: Client) -> None:
    answer = client.get("/sdk/ensue.js", headers={"Origin": "https://anywhere.example"})
    assert (answer.status_code, answer.text) == (200, "export default 1; // é\n")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "service-worker-allowed" not in answer.headers


def test_a_script_that_is_known_is_not_sent_again(client: Client, folder: Path) -> None:
    tag = client.get("/sdk/ensue.js").headers["etag"]
    answer = client.get("/sdk/ensue.js", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    (folder / "ensue.js").write_text("export default 2;\n", encoding="utf-8")
    assert client.get("/sdk/ensue.js", headers={"If-None-Match": tag}).status_code == 200


def test_the_service_worker_may_serve_the_whole_site_and_report_taps(client: Client) -> None:
    answer = client.get("/sdk/sw.js")
    assert answer.headers["service-worker-allowed"] == "/"
    assert "connect-src *" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["feed.js", "secret.txt", "..%2Fapp.py", "%2e%2e", "ensue.js%00", "ENSUE.JS", ".js"])
def test_nothing_else_is_served(client: Client, name: str) -> None:
    answer = client.get(f"/sdk/{name}")
    assert answer.status_code == 404
    assert problem(answer.json())["code"] == "unknown_address"
