"""Streams as a page reads them: over HTTP from a real server on loopback."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Queue
from typing import Any

import httpx

from ensue.serving import Server
from ensue.web.app import create_app
from ensue.web.site import Site

PATIENCE = 60.0
"""Seconds after which what was waited for will not come any more."""
Event = tuple[str, dict[str, Any]]


class Stream:
    """What a stream brings, read in a thread of its own; comments are left out."""

    def __init__(self, address: str, headers: dict[str, str] | None = None) -> None:
        """Open it, and wait for its head."""
        self.events: Queue[Event | None] = Queue()
        self._http = httpx.Client(trust_env=False, timeout=PATIENCE)
        request = self._http.build_request("GET", address, headers=headers)
        self.answer = self._http.send(request, stream=True)
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def next(self) -> Event:
        """Return the next event."""
        found = self.events.get(timeout=PATIENCE)
        assert found is not None, "the stream has ended"
        return found

    def wait_for_the_end(self) -> list[Event]:
        """Wait until it ends; return what came before."""
        return list(iter(lambda: self.events.get(timeout=PATIENCE), None))

    def close(self) -> None:
        """Go away, as a page that is closed."""
        connection = self.answer.extensions["network_stream"].get_extra_info("socket")
        with suppress(OSError):  # the server has ended it
            connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._http.close()

    def _read(self) -> None:
        name = ""
        try:
            for line in self.answer.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    self.events.put((name, json.loads(line.removeprefix("data: "))))
        except httpx.HTTPError:
            pass  # it was cut off
        self.events.put(None)


@contextmanager
def served(site: Site) -> Iterator[str]:
    """Serve a site on loopback; return its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        server = Server(create_app(site), listener, site.hub)
        thread = threading.Thread(target=server.serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.stop()
            thread.join(PATIENCE)
            assert not thread.is_alive(), "it does not end"
