"""A served Ensue answers at once, however many requests one connection carries."""

import threading
import time
from pathlib import Path

import httpx

from ensue.config import Settings
from ensue.runners.clock import SystemClock
from ensue.serving import serving

REQUESTS = 40
DELAYED = 0.035
"""Seconds: less than the 40 ms for which Linux keeps an acknowledgement back, and Nagle's algorithm waits for it."""


def test_an_answer_does_not_wait_for_the_acknowledgement_of_its_first_half(tmp_path: Path) -> None:
    with serving(Settings(database=tmp_path / "e.db", port=0), SystemClock()) as served:
        thread = threading.Thread(target=served.server.serve)
        thread.start()
        try:
            with httpx.Client(base_url=served.address.url, trust_env=False) as client:
                client.get("/healthz").raise_for_status()
                times = [seconds(client) for _ in range(REQUESTS)]
        finally:
            served.server.stop()
            thread.join()
    assert min(times[REQUESTS // 2 :]) < DELAYED


def seconds(client: httpx.Client) -> float:
    began = time.perf_counter()
    client.get("/healthz")
    return time.perf_counter() - began
