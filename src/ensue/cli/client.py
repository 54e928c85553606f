"""How the command line talks to Ensue: over HTTP, to the running one, or to one that lives as long as the command.

One rule: a command never touches the database itself, so it is the same whether Ensue runs or not.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import httpx
import msgspec

from ensue.config import read_settings
from ensue.errors import Problem, Rejected, Unavailable
from ensue.runners.clock import SystemClock
from ensue.serving import reaching

TIMEOUT = 60.0
"""Seconds to wait for an answer."""
Answer = dict[str, object]


class Client:
    """Calls the API, and raises what it refuses."""

    def __init__(self, http: httpx.Client) -> None:
        """Use this connection."""
        self._http = http

    def get(self, path: str) -> Answer:
        """Return the answer to a GET."""
        return self._answer(self._http.get(path))

    def post(self, path: str, body: object = None) -> Answer:
        """Return the answer to a POST."""
        return self._answer(self._http.post(path, content=msgspec.json.encode(body if body is not None else {})))

    def delete(self, path: str) -> Answer:
        """Return the answer to a DELETE."""
        return self._answer(self._http.delete(path))

    def _answer(self, response: httpx.Response) -> Answer:
        if response.is_success:
            return cast("Answer", response.json()) if response.content else {}
        if response.is_server_error:
            raise Unavailable(f"Ensue answered {response.status_code}: {response.text}")
        body = response.json()
        problems = msgspec.convert(body.get("problems", []), list[Problem])
        raise Rejected(problems or [Problem(code="refused", path="", message=str(body.get("detail", response.text)))])


@contextmanager
def client() -> Iterator[Client]:
    """Reach the Ensue of the settings in the environment, or start it for this command."""
    with reaching(read_settings(os.environ), SystemClock()) as address:
        headers = {"Authorization": f"Bearer {address.token}", "Content-Type": "application/json"}
        with httpx.Client(base_url=address.url, headers=headers, timeout=TIMEOUT, trust_env=False) as http:
            yield Client(http)
