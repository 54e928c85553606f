"""Signed addresses: nobody can forge, redirect or relabel them; and which opens a machine made."""

from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from ensue.content.links import (
    ClickMark,
    Mark,
    OpenMark,
    TapMark,
    Tracker,
    UnsubscribeMark,
    is_machine_open,
    mark_of,
)
from ensue.errors import Rejected
from tests.content.letters import MARK, MESSAGE, TRACKER


def token(url: str) -> str:
    return urlsplit(url).path.rsplit("/", 1)[1]


def refused(tracker: Tracker, text: str) -> str:
    with pytest.raises(Rejected) as caught:
        tracker.read(text)
    return caught.value.problems[0].code


def test_what_is_written_is_read_back() -> None:
    assert mark_of(MESSAGE) == MARK
    assert TRACKER.read(token(TRACKER.pixel_url(MARK))) == OpenMark(MARK)
    assert TRACKER.read(token(TRACKER.unsubscribe_url(MARK))) == UnsubscribeMark(MARK)
    assert TRACKER.read(token(TRACKER.tap_url(MARK))) == TapMark(MARK)
    assert TRACKER.read(token(TRACKER.click_url(MARK, "https://shop.example/?a=1&b=ö", "buy"))) == ClickMark(
        MARK, "https://shop.example/?a=1&b=ö", "buy"
    )


def test_addresses_have_the_documented_shape_and_only_url_safe_letters() -> None:
    paths = [
        TRACKER.pixel_url(MARK),
        TRACKER.click_url(MARK, "https://a.example/"),
        TRACKER.unsubscribe_url(MARK),
        TRACKER.tap_url(MARK),
    ]

    assert [url[: len("https://news.example.com/o/")] for url in paths] == [
        f"https://news.example.com/{kind}/" for kind in "ocup"
    ]
    assert paths[0].endswith(".gif")
    assert all(
        set(token(url)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") for url in paths
    )
    assert all(TRACKER.is_own(url) for url in paths)
    assert not TRACKER.is_own("https://news.example.com/offer")


def test_a_link_without_alias_is_narrowed_by_its_target() -> None:
    assert ClickMark(MARK, "https://a.example", "buy").link == "buy"
    assert ClickMark(MARK, "https://a.example").link == "https://a.example"


def test_the_token_of_another_secret_is_refused() -> None:
    other = Tracker("another secret", "https://news.example.com")

    assert refused(other, token(TRACKER.click_url(MARK, "https://a.example/"))) == "bad_link"


@pytest.mark.parametrize("text", ["", ".", "..", ".gif", "a.b", "W10.x", "é", "a" * 5000, "%00", "../../etc/passwd"])
def test_a_broken_token_is_refused(text: str) -> None:
    assert refused(TRACKER, text) == "bad_link"


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_token_with_any_letter_changed_is_refused_or_means_the_same(place: int, letter: int) -> None:
    whole = token(TRACKER.click_url(MARK, "https://a.example/", "buy"))
    place %= len(whole)
    changed = whole[:place] + chr(letter) + whole[place + 1 :]

    try:
        read = TRACKER.read(changed)
    except Rejected:
        return
    assert read == ClickMark(MARK, "https://a.example/", "buy")  # unused bits of the last letter in base 64


@pytest.mark.parametrize("purpose", ["OpenMark", "UnsubscribeMark", "TapMark"])
def test_the_content_of_a_click_signed_for_another_purpose_is_refused(purpose: str) -> None:
    signer = URLSafeSerializer("a secret of this test", salt=f"ensue.{purpose}")

    assert refused(TRACKER, signer.dumps([msgspec.to_builtins(MARK), "https://evil.example/", None])) == "bad_link"


def test_the_signature_of_one_kind_of_address_does_not_serve_for_another() -> None:
    urls = (TRACKER.pixel_url(MARK), TRACKER.unsubscribe_url(MARK), TRACKER.tap_url(MARK))
    payloads, signatures = zip(*(token(url).removesuffix(".gif").rsplit(".", 1) for url in urls), strict=True)

    assert len(set(payloads)) == 1
    assert len(set(signatures)) == 3
    assert TRACKER.read(f"{payloads[0]}.{signatures[0]}") == OpenMark(MARK)


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "//evil.example/", "file:///etc/passwd", "https://", "http:/x"]
)
def test_only_web_addresses_are_ever_redirected_to(target: str) -> None:
    assert refused(TRACKER, token(TRACKER.click_url(MARK, target))) == "bad_link"


def test_ids_of_any_letters_survive() -> None:
    mark = Mark("anä/../?#&\n", "c", "m.é", "e", "B")

    assert TRACKER.read(token(TRACKER.pixel_url(mark))) == OpenMark(mark)


# ---------------------------------------------------------------- machine opens

SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
OUTLOOK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 OneOutlook/1.2024.1009.100"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
CUBOT = "Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 Chrome/122.0 Mobile Safari/537.36"


@pytest.mark.parametrize("agent", [SAFARI, OUTLOOK, GMAIL, CUBOT, "Thunderbird/115.0", "Mozilla/5.0 (Macintosh)"])
def test_mail_readers_are_people(agent: str) -> None:  # I3
    assert not is_machine_open(agent, {"accept": "image/*"})


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "  ",
        "Mozilla/5.0",
        "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
        "BarracudaCentral/1.0",
        "Mozilla/5.0 (compatible; proofpoint urldefense)",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "curl/8.5.0",
        "python-requests/2.32",
        "Go-http-client/2.0",
        "Mozilla/5.0 HeadlessChrome/120.0",
    ],
)
def test_proxies_that_fetch_ahead_scanners_and_programs_are_machines(agent: str) -> None:  # I3
    assert is_machine_open(agent)


@pytest.mark.parametrize(
    "header", [{"Purpose": "prefetch"}, {"sec-purpose": "prefetch;prerender"}, {"X-Purpose": "preview"}]
)
def test_a_request_that_says_it_fetches_ahead_is_a_machines(header: dict[str, str]) -> None:  # I3
    assert is_machine_open(SAFARI, header)


def test_a_head_request_is_a_machines() -> None:  # I3
    assert is_machine_open(SAFARI, method="HEAD")
    assert not is_machine_open(SAFARI, method="GET")
