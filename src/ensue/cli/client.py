"""How the command line talks to Ensue: over HTTP, to the running one, or to one that lives as long as the command.

One rule: a command never touches the database itself, so it is the same whether Ensue runs or not, here or elsewhere.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import cast

import httpx
import msgspec

from ensue.config import Settings, read_settings
from ensue.errors import Problem, Rejected, Unavailable
from ensue.runners.clock import SystemClock
from ensue.serving import Address, reaching

TIMEOUT = 60.0
"""Seconds to wait for an answer."""
Answer = dict[str, object]


class Client:
    """Calls the API, and raises what it refuses."""

    def __init__(self, http: httpx.Client, place: str) -> None:
        """Use this connection; `place` tells this Ensue from others: its address, or its database."""
        self._http = http
        self.place = place

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
    settings = read_settings(os.environ)
    with _reached(settings) as address:
        headers = {"Authorization": f"Bearer {address.token}", "Content-Type": "application/json"}
        with httpx.Client(base_url=address.url, headers=headers, timeout=TIMEOUT, trust_env=False) as http:
            try:
                yield Client(http, settings.remote or str(settings.database.resolve()))
            except httpx.TransportError as error:
                raise Unavailable(f"{address.url} does not answer: {error}") from error


def _reached(settings: Settings) -> AbstractContextManager[Address]:
    if settings.remote:
        return nullcontext(Address(url=settings.remote, token=settings.remote_key))
    return reaching(settings, SystemClock())
