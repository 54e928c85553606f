"""Interactions that no page has a part in, from end to end: receipts, a control group, a conversion, a tapped push.

One rule: everything is real, and what follows is read at the mail server.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.conftest import Post
from tests.acceptance.running import Running, until
from tests.channels.browser import Browser
from tests.channels.http_server import HttpServer, Reply, http_server

PEOPLE = [f"reader-{number}" for number in range(12)]
NEWSLETTER: dict[str, Any] = {
    "kind": "campaign",
    "id": "newsletter",
    "name": "Newsletter",
    "channels": {"email": {"subject": "News", "html": "<p>News</p>"}},
    "delivery": {"type": "scheduled", "at": "launch"},
    "control_group": 50,
    "conversions": [{"make_purchase": {}, "window": "3 days"}],
}
PUSH: dict[str, Any] = {
    "kind": "campaign",
    "id": "nudge",
    "name": "Nudge",
    "channels": {"push": {"title": "Still there?", "body": "Your cart waits."}},
    "delivery": {"type": "action_based", "triggers": [{"custom_event": {"name": "left"}}]},
}


def follow_on(original: str, interaction: str) -> dict[str, Any]:
    """Return a campaign whose subject is the interaction that it follows."""
    trigger = {"interact_with_campaign": {"campaign": original, "interaction": interaction}}
    return {
        "kind": "campaign",
        "id": interaction.replace("_", "-"),
        "name": interaction,
        "channels": {"email": {"subject": interaction, "html": f"<p>{interaction}</p>"}},
        "delivery": {"type": "action_based", "triggers": [trigger]},
    }


def launched(client: httpx.Client, original: dict[str, Any], *interactions: str) -> None:
    """Save and launch an original with its follow-ons."""
    definitions = [*(follow_on(original["id"], one) for one in interactions), original]
    client.post("/api/v1/apply", json={"definitions": definitions}).raise_for_status()
    client.post("/api/v1/launch", json={"ids": [one["id"] for one in definitions]}).raise_for_status()


def introduce(client: httpx.Client, *people: str) -> None:
    users = [{"external_id": one, "attributes": {"email": f"{one}@shop.example"}} for one in people]
    client.post("/api/v1/users", json={"users": users}).raise_for_status()


def subjects(post: Post, user: str) -> set[str]:
    return {letter.subject for letter in post.to(f"{user}@shop.example")}


def test_a_receipt_an_enrolment_in_control_and_a_conversion_start_follow_ons(ensue: Running, post: Post) -> None:
    # T1, V2, C2, C4, C5
    client = ensue.start()
    introduce(client, *PEOPLE)
    launched(client, NEWSLETTER, "receive_email", "enrolled_in_control_group", "perform_conversion_event")
    until(lambda: all(subjects(post, one) for one in PEOPLE) or None, "everybody got something")
    control = {one for one in PEOPLE if "News" not in subjects(post, one)}
    assert 0 < len(control) < len(PEOPLE)
    until(
        lambda: all(subjects(post, one) == {"News", "receive_email"} for one in PEOPLE if one not in control) or None,
        "the follow-ons of the receipt",
    )
    assert all(subjects(post, one) == {"enrolled_in_control_group"} for one in control)

    buyers = [min(control), min(set(PEOPLE) - control)]
    purchases = [{"external_id": one, "product_id": "lamp", "currency": "EUR", "price": 49.5} for one in buyers]
    client.post("/users/track", json={"purchases": purchases}).raise_for_status()
    until(
        lambda: all("perform_conversion_event" in subjects(post, one) for one in buyers) or None,
        "the follow-ons of the conversion, in control too",
    )
    assert sum("perform_conversion_event" in subjects(post, one) for one in PEOPLE) == len(buyers)


@pytest.fixture
def service() -> Iterator[HttpServer]:
    """Run what stands in for a browser maker's push service."""
    with http_server(lambda _: Reply(201)) as server:
        yield server


def test_a_received_and_a_tapped_push_start_follow_ons(tmp_path: Path, post: Post, service: HttpServer) -> None:
    # T1, R1, I1
    ensue = Running(tmp_path, post.mailbox.port, ENSUE_ALLOWED_NETWORKS="127.0.0.0/8")
    try:
        client, browser = ensue.start(), Browser.made()
        introduce(client, "ana", "bo")
        device = {"platform": "web", "token": browser.subscription(f"{service.url}/browser")}
        client.post("/api/v1/users/ana/devices", json=device).raise_for_status()
        launched(client, PUSH, "receive_push", "directly_open_push")
        events = [{"external_id": one, "name": "left"} for one in ("ana", "bo")]
        client.post("/users/track", json={"events": events}).raise_for_status()
        until(lambda: subjects(post, "ana") or None, "the follow-on of the receipt")
        assert subjects(post, "ana") == {"receive_push"}
        assert subjects(post, "bo") == set()  # without a device nothing is received

        (asked,) = service.asked
        tap = json.loads(browser.decrypted(asked.body))["tap"]
        for _ in range(2):
            answer = client.post(tap, content='{"id": "tap-1"}', headers={"Content-Type": "text/plain"})
            assert answer.status_code == 204
        until(lambda: "directly_open_push" in subjects(post, "ana") or None, "the follow-on of the tap")
        figures = client.get("/api/v1/campaigns/nudge/report").json()["figures"]
        counts = {one["name"]: one["amount"] for one in figures}
        assert (counts["receive_push"], counts["directly_open_push"]) == (1, 1)
    finally:
        ensue.close()
