"""The scripts of the browser SDK, as pages of any site load them."""

import pytest

from ensue.web.scripts import lean, scripts
from tests.web.asking import problem
from tests.web.mailing import Client


def test_a_script_is_for_any_page_and_kept_for_five_minutes(client: Client) -> None:
    answer = client.get("/sdk/ensue.js", headers={"Origin": "https://anywhere.example"})
    assert (answer.status_code, answer.content) == (200, scripts()["ensue.js"].plain)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "service-worker-allowed" not in answer.headers


def test_a_script_goes_zipped_to_those_who_can_read_that(client: Client) -> None:
    zipped = client.get("/sdk/ensue.js", headers={"Accept-Encoding": "gzip, br"})
    plain = client.get("/sdk/ensue.js", headers={"Accept-Encoding": "identity"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert int(zipped.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert zipped.content == plain.content
    assert plain.headers["vary"] == "Accept-Encoding"


def test_a_script_that_is_known_is_not_sent_again(client: Client) -> None:
    tag = client.get("/sdk/ensue.js").headers["etag"]
    answer = client.get("/sdk/ensue.js", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    other = client.get("/sdk/feed.js").headers["etag"]
    assert client.get("/sdk/ensue.js", headers={"If-None-Match": other}).status_code == 200


def test_the_service_worker_may_serve_the_whole_site_and_report_taps(client: Client) -> None:
    answer = client.get("/sdk/sw.js")
    assert answer.headers["service-worker-allowed"] == "/"
    assert "connect-src *" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["none.js", "ensue.txt", "..%2Fapp.py", "%2e%2e", "ensue.js%00", "ENSUE.JS", ".js"])
def test_nothing_else_is_served(client: Client, name: str) -> None:
    answer = client.get(f"/sdk/{name}")
    assert answer.status_code == 404
    assert problem(answer.json())["code"] == "unknown_address"


def test_comments_and_indentation_stay_at_home() -> None:
    script = """\
/**
 * A head.
 */
  const address = "https://shop.example/*"; // why
  /** @type {string} */
  const found = /** @type {string} */ (address);
      // a whole line
"""
    assert lean(script) == 'const address = "https://shop.example/*";\nconst found = (address);\n'


def test_no_script_keeps_a_comment() -> None:
    found = scripts()
    assert {"ensue.js", "messages.js", "feed.js", "sw.js"} <= found.keys()
    texts = [script.plain.decode() for script in found.values()]
    assert [text for text in texts if "/**" in text or "// " in text or "\n " in text] == []
