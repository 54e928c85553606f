"""`kill -9` under load, again and again: nothing acknowledged is lost, nothing happens twice."""

import threading
from collections import Counter
from functools import partial
from pathlib import Path
from random import Random

import httpx
import pytest

from ensue.runners.clock import SystemClock
from ensue.store.sqlite import SqliteStore
from tests.acceptance.conftest import Post
from tests.acceptance.running import Running, pause, until

DEFINITIONS = [
    {
        "kind": "campaign",
        "id": "welcome",
        "name": "Welcome",
        "channels": {"email": {"subject": "Welcome", "html": "<p>Welcome</p>"}},
        "delivery": {"type": "action_based", "triggers": [{"custom_event": {"name": "signed_up"}}]},
    },
    {
        "kind": "campaign",
        "id": "nudge",
        "name": "Nudge",
        "channels": {"email": {"subject": "Nudge", "html": "<p>Nudge</p>"}},
        "delivery": {
            "type": "action_based",
            "triggers": [{"interact_with_campaign": {"campaign": "welcome", "interaction": "receive_email"}}],
            "delay": {"after": "1 second"},
            "exceptions": [{"make_purchase": {}}],
        },
    },
]
BUYING_AFTER = 20
"""Requests after which people of an earlier one buy."""
THREADS = 8
"""Messages that may be in the air when the process dies: those of as many delivery threads (O5)."""


class Load:
    """People who sign up, some of whom buy later; what is not acknowledged is sent again, with the same ids."""

    def __init__(self) -> None:
        self.acknowledged: list[str] = []
        self.client: httpx.Client | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self, client: httpx.Client) -> None:
        self.client = client
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def wait_for(self, more: int) -> None:
        """Wait until so many more people were acknowledged."""
        enough = len(self.acknowledged) + more
        until(lambda: len(self.acknowledged) >= enough, "some load")

    def _run(self) -> None:
        number = 0
        while not self._ended.is_set():
            self._post(number)
            number += 1

    def _post(self, number: int) -> None:
        users = [f"user-{number}-{place}" for place in range(5)]
        time = SystemClock().now().isoformat()
        buyers = [f"user-{number - BUYING_AFTER}-{place}" for place in range(0, 5, 3) if number >= BUYING_AFTER]
        bought = {"product_id": "lamp", "currency": "EUR", "price": 1, "time": time}
        body = {
            "attributes": [{"external_id": user, "email": f"{user}@shop.example"} for user in users],
            "events": [{"external_id": user, "name": "signed_up", "time": time, "id": f"s-{user}"} for user in users],
            "purchases": [{"external_id": user, "id": f"p-{user}", **bought} for user in buyers],
        }
        while not self._ended.is_set():
            try:
                assert self.client is not None
                answer = self.client.post("/users/track", json=body, headers={"Idempotency-Key": f"request-{number}"})
            except (httpx.HTTPError, RuntimeError):
                pause()  # it was killed; the next process is on its way
                continue
            assert answer.status_code == 201, answer.text
            self.acknowledged += users
            return


def test_kill_9_under_load_loses_and_repeats_nothing(ensue: Running, post: Post) -> None:
    # O5, O1
    live_through_kills(ensue, post, kills=4)


@pytest.mark.full
def test_kill_9_many_times_under_load_loses_and_repeats_nothing(ensue: Running, post: Post) -> None:
    # O5, O1
    live_through_kills(ensue, post, kills=25)


def live_through_kills(ensue: Running, post: Post, *, kills: int) -> None:
    """Put load on an Ensue, kill it so many times at random instants, and count afterwards."""
    dice = Random(kills)
    client = ensue.start()
    client.post("/api/v1/apply", json={"definitions": DEFINITIONS}).raise_for_status()
    client.post("/api/v1/launch", json={"ids": ["nudge", "welcome"]}).raise_for_status()
    load = Load()
    load.start(client)
    for _ in range(kills):
        load.wait_for(dice.randint(5, 150))
        ensue.kill()
        load.client = client = ensue.start()
    load.end()
    wait_until_settled(client)
    assert ensue.stop() == 0
    count(ensue.database, post, load.acknowledged, kills)


def wait_until_settled(client: httpx.Client) -> None:
    """Wait until nobody waits and nothing lies in the outbox; fail where nothing gets on for a minute."""
    while any(before := unsettled(client)):
        until(partial(has_moved, client, before), "everything is settled")


def has_moved(client: httpx.Client, before: tuple[int, ...]) -> bool:
    return unsettled(client) != before


def unsettled(client: httpx.Client) -> tuple[int, ...]:
    """Return how many messages lie in the outbox, and how many entries wait and are being sent."""
    outcomes = client.get("/api/v1/campaigns/nudge/report").json()["outcomes"]
    status = client.get("/api/v1/status").json()
    return status["outbox"], outcomes.get("waiting", 0), outcomes.get("sending", 0)


def count(database: Path, post: Post, acknowledged: list[str], kills: int) -> None:
    """Compare what was acknowledged, what was decided, and what the mail server got."""
    store = SqliteStore(database)
    decisions = [decision for _, decision in store.ledger.decisions(limit=1_000_000)]
    logged = Counter(tale.event.id for tale in store.ledger.events(limit=10_000_000))
    store.close()
    assert all(logged[f"s-{user}"] == 1 for user in acknowledged)
    assert not [name for name, times in logged.items() if times > 1]
    by_campaign = {
        name: Counter(one.user for one in decisions if one.campaign == name) for name in ("welcome", "nudge")
    }
    for name, users in by_campaign.items():
        assert set(acknowledged) <= set(users), f"{name}: an entry is lost"
        assert set(users.values()) == {1}, f"{name}: an entry twice"
    sent = {one.id for one in decisions if one.outcome == "sent"}
    assert {one.outcome for one in decisions} <= {"sent", "cancelled"}
    letters = Counter(dict(letter.headers)["Message-ID"] for letter in post.letters())
    assert len(letters) == len(sent), "a message that was decided is missing, or one too many"
    repeated = sum(times - 1 for times in letters.values())
    assert repeated <= kills * THREADS
    assert {one.exception for one in decisions if one.outcome == "cancelled"} == {"make_purchase"}
