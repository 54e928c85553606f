"""The addresses inside messages: what a reader, a mail program or a robot gets, and what is recorded of it."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from ensue.content.links import Mark, Tracker
from ensue.core.events import Event
from ensue.errors import Unavailable
from ensue.runners.clock import VirtualClock
from ensue.services.tracking import Tracking
from ensue.web.app import create_app
from ensue.web.site import Site
from tests.web.mailing import TARGET, URL, Addresses, Client, Mailing

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
APPLE = {"User-Agent": "Mozilla/5.0"}
ANA = ("ana", "ana@example.com")
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
MARK = Mark("ana", "letter", "m1", "e1", "A")


@pytest.fixture
def ana(mailing: Mailing) -> Addresses:
    """Return the addresses in the letter to Ana."""
    return mailing.send(ANA)["ana"]


class Broken(Tracking):
    """What tracking is while nothing can be written."""

    def submit(self, events: Sequence[Event]) -> list[bool]:
        raise Unavailable(f"{len(events)} events cannot be written.")


@pytest.fixture
def unwritable(site: Site) -> Client:
    """Return a client of a site that can read and cannot write."""
    broken = replace(site, tracking=Broken(site.runner, site.clock))
    return Client(create_app(broken), base_url=URL, raise_server_exceptions=False)


# ---------------------------------------------------------------- the open pixel


def test_the_pixel_is_a_picture_that_nobody_keeps_and_records_a_human_open(
    client: Client, mailing: Mailing, ana: Addresses
) -> None:
    answer = client.get(ana.pixel, headers=BROWSER)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/gif"
    assert answer.content.startswith(b"GIF89a")
    assert "no-store" in answer.headers["cache-control"]
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    (opened,) = mailing.interactions("ana", "open_email")
    assert (opened.campaign, opened.opens, opened.channel, opened.variation) == ("letter", "human", "email", "A")
    assert mailing.figure("open_email") == 1


@pytest.mark.parametrize(
    "headers", [APPLE, {"User-Agent": ""}, BROWSER | {"Sec-Purpose": "prefetch"}], ids=["apple", "nameless", "prefetch"]
)
def test_a_machine_opens_as_a_machine(
    client: Client, mailing: Mailing, ana: Addresses, headers: dict[str, str]
) -> None:  # I3
    assert client.get(ana.pixel, headers=headers).status_code == 200
    assert [opened.opens for opened in mailing.interactions("ana", "open_email")] == ["machine"]


def test_a_machine_and_a_person_who_open_in_the_same_second_are_both_recorded(
    client: Client, mailing: Mailing, ana: Addresses
) -> None:  # I3
    client.get(ana.pixel, headers=APPLE)
    client.get(ana.pixel, headers=BROWSER)
    assert {opened.opens for opened in mailing.interactions("ana", "open_email")} == {"machine", "human"}


def test_a_pixel_fetched_twice_in_a_second_counts_once_and_a_second_later_again(
    client: Client, mailing: Mailing, clock: VirtualClock, ana: Addresses
) -> None:  # I1
    client.get(ana.pixel, headers=BROWSER)
    clock.set(clock.now() + timedelta(milliseconds=900))
    client.get(ana.pixel, headers=BROWSER)
    assert len(mailing.interactions("ana", "open_email")) == 1
    clock.set(clock.now() + timedelta(milliseconds=100))
    client.get(ana.pixel, headers=BROWSER)
    assert len(mailing.interactions("ana", "open_email")) == 2


def test_looking_at_the_head_of_the_pixel_is_no_human_open(client: Client, mailing: Mailing, ana: Addresses) -> None:
    answer = client.head(ana.pixel, headers=BROWSER)
    assert (answer.status_code, answer.content) == (200, b"")
    assert [one for one in mailing.interactions("ana", "open_email") if one.opens == "human"] == []


# ---------------------------------------------------------------- tracked links


def test_a_link_leads_to_its_target_and_records_the_click(client: Client, mailing: Mailing, ana: Addresses) -> None:
    answer = client.get(ana.link, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, TARGET)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    (clicked,) = mailing.interactions("ana", "click_email")
    assert (clicked.campaign, clicked.link, clicked.channel, clicked.variation) == ("letter", TARGET, "email", "A")


def test_looking_at_the_head_of_a_link_records_nothing(client: Client, mailing: Mailing, ana: Addresses) -> None:
    answer = client.head(ana.link, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, TARGET)
    assert mailing.interactions("ana", "click_email") == []


def test_a_link_asked_for_with_another_target_leads_only_to_the_signed_one(client: Client, ana: Addresses) -> None:
    answer = client.get(f"{ana.link}?url=https://evil.example&target=https://evil.example", follow_redirects=False)
    assert answer.headers["location"] == TARGET


def test_a_link_with_an_alias_is_recorded_by_its_alias(
    site: Site, client: Client, mailing: Mailing, ana: Addresses
) -> None:
    mark = site.tracker.read(ana.pixel.removeprefix("/o/")).mark
    client.get(site.tracker.click_url(mark, TARGET, "offer").removeprefix(URL), follow_redirects=False)
    assert [clicked.link for clicked in mailing.interactions("ana", "click_email")] == ["offer"]


# ---------------------------------------------------------------- unsubscribing


def test_looking_at_the_unsubscribe_page_changes_nothing(client: Client, mailing: Mailing, ana: Addresses) -> None:
    answer = client.get(ana.unsubscribe)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert f'<form method="post" action="{ana.unsubscribe}">' in answer.text
    assert client.head(ana.unsubscribe).status_code in {200, 405}
    assert mailing.subscription("ana") == "subscribed"
    assert mailing.interactions("ana", "unsubscribe_email") == []


@pytest.mark.parametrize("body", [{}, ONE_CLICK], ids=["the page's button", "a mail program's one click"])
def test_a_post_unsubscribes(client: Client, mailing: Mailing, ana: Addresses, body: dict[str, str]) -> None:
    answer = client.post(ana.unsubscribe, data=body)
    assert answer.status_code == 200
    assert "You are unsubscribed" in answer.text
    assert mailing.subscription("ana") == "unsubscribed"
    assert len(mailing.interactions("ana", "unsubscribe_email")) == 1


def test_a_one_click_post_of_several_parts_unsubscribes(client: Client, mailing: Mailing, ana: Addresses) -> None:
    """RFC 8058 allows both kinds of form."""
    answer = client.post(ana.unsubscribe, files={"List-Unsubscribe": (None, "One-Click")})
    assert answer.status_code == 200
    assert mailing.subscription("ana") == "unsubscribed"


def test_unsubscribing_covers_everybody_with_the_address(client: Client, mailing: Mailing) -> None:  # F3
    sent = mailing.send(ANA, ("ana-2", "ANA@example.com"), ("bo", "bo@example.com"))
    client.post(sent["ana"].unsubscribe, data=ONE_CLICK)
    assert {user: mailing.subscription(user) for user in sent} == {
        "ana": "unsubscribed",
        "ana-2": "unsubscribed",
        "bo": "subscribed",
    }


def test_the_pages_forbid_scripts_frames_and_everything_from_elsewhere(client: Client, ana: Addresses) -> None:
    for answer in (client.get(ana.unsubscribe), client.post(ana.unsubscribe), client.get("/u/broken")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "<script" not in answer.text


# ---------------------------------------------------------------- what does not work


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("kind", ["o", "c", "u"])
def test_an_address_of_another_kind_or_a_broken_one_does_nothing(
    client: Client, mailing: Mailing, ana: Addresses, kind: str, method: str
) -> None:
    own = {"o": ana.pixel, "c": ana.link, "u": ana.unsubscribe}
    tokens = [path.split("/")[2] for name, path in own.items() if name != kind]
    forged = Tracker("another secret", URL).click_url(MARK, "https://evil.example").rpartition("/")[2]
    for token in [*tokens, own[kind].split("/")[2][:-6], forged, "x", "%00", "%3Cscript%3E"]:
        answer = client.request(method, f"/{kind}/{token}", follow_redirects=False)
        assert answer.status_code in {404, 405}
        assert "location" not in answer.headers
        assert "<script" not in answer.text or answer.headers["content-type"] == "application/problem+json"
    for interaction in ("open_email", "click_email", "unsubscribe_email"):
        assert mailing.interactions("ana", interaction) == []


def test_a_signed_link_to_what_is_no_web_address_leads_nowhere(site: Site, client: Client) -> None:
    path = site.tracker.click_url(MARK, "javascript:alert(1)").removeprefix(URL)
    answer = client.get(path, follow_redirects=False)
    assert answer.status_code == 404
    assert "location" not in answer.headers


def test_a_target_with_a_line_break_puts_no_header_into_the_answer(site: Site, client: Client) -> None:
    path = site.tracker.click_url(MARK, "https://shop.example/\r\nSet-Cookie: a=b").removeprefix(URL)
    answer = client.get(path, follow_redirects=False)
    assert "set-cookie" not in answer.headers
    assert "\n" not in answer.headers.get("location", "")


def test_a_deleted_user_still_gets_the_picture_the_link_and_the_confirmation(
    site: Site, client: Client, ana: Addresses
) -> None:  # L4
    site.people.delete("ana")
    assert client.get(ana.pixel, headers=BROWSER).status_code == 200
    assert client.get(ana.link, follow_redirects=False).headers["location"] == TARGET
    assert client.post(ana.unsubscribe).status_code == 200


def test_where_nothing_can_be_written_the_picture_and_the_link_are_served_and_unsubscribing_says_so(
    unwritable: Client, ana: Addresses
) -> None:
    assert unwritable.get(ana.pixel, headers=BROWSER).content.startswith(b"GIF89a")
    assert unwritable.get(ana.link, follow_redirects=False).headers["location"] == TARGET
    answer = unwritable.post(ana.unsubscribe)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "You are unsubscribed" not in answer.text
