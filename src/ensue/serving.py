"""`ensue serve`: web, runner and delivery in one process.

One rule: one process owns a database. A lock file beside it says which, and where it can be reached, so that the
command line talks to the running Ensue instead of writing behind its back.
"""

import fcntl
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec
import uvicorn
from litestar.concurrency import set_asyncio_executor
from litestar.handlers import HTTPRouteHandler
from msgspec.structs import replace

from ensue.config import Settings
from ensue.errors import Unavailable, rejected
from ensue.ports import Clock
from ensue.services.hub import Hub
from ensue.system import open_system
from ensue.web.app import Application, create_app
from ensue.web.site import Site

WEB_THREADS = 64
"""Requests that may wait for their commit at a time; the more, the more share one."""
BACKLOG = 2048
"""Connections that may wait to be taken up."""
SHUTDOWN = 30
"""Seconds that requests under way may take at the end."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a running Ensue is reached, and the token with which the owner of the database may do everything."""

    url: str
    token: str


class _Uvicorn(uvicorn.Server):
    """Uvicorn that ends on a signal without raising it again, so that what is under way can be finished after it.

    `ending` is called once nothing new is taken up, for what is under way and would not end by itself.
    """

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class Server:
    """A running web server; `serve` blocks, `stop` ends it from another thread or a signal."""

    def __init__(self, app: Application, listener: socket.socket, hub: Hub) -> None:
        """Prepare; nothing is answered yet. At the end the open pages of the `hub` are ended."""
        config = uvicorn.Config(
            app, log_config=None, access_log=False, timeout_graceful_shutdown=SHUTDOWN, lifespan="off"
        )
        self._server = _Uvicorn(config, hub.close)
        self._listener = listener

    def serve(self) -> None:
        """Answer requests until SIGTERM, SIGINT or `stop`; those under way are finished."""
        self._server.run(sockets=[self._listener])

    def stop(self) -> None:
        """End as soon as the requests under way are answered."""
        self._server.should_exit = True


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """An Ensue that is ready to serve, or serves."""

    server: Server
    address: Address
    site: Site


@contextmanager
def serving(
    settings: Settings, clock: Clock, *, more: Sequence[HTTPRouteHandler] = (), speed: float = 1
) -> Iterator[Served]:
    """Open the database and be ready to serve; at the end everything under way is finished and the database let go.

    `more` handlers are served beside Ensue's own. `speed` is how much faster than the machine's the clock runs.
    Raises `Rejected` where the port is taken, `Unavailable` where another process owns the database.
    """
    listener = _listen(settings)
    address = Address(url=f"http://{settings.host}:{listener.getsockname()[1]}", token=secrets.token_urlsafe(32))
    if not settings.base_url:
        settings = replace(settings, base_url=address.url)
    with _owning(settings.database, address), listener:
        system = open_system(settings, clock, speed=speed)
        set_asyncio_executor(ThreadPoolExecutor(WEB_THREADS, thread_name_prefix="ensue-web"))
        site = replace(system.site, owner_token=address.token)
        try:
            yield Served(server=Server(create_app(site, more), listener, site.hub), address=address, site=site)
        finally:
            system.close()


@contextmanager
def reaching(settings: Settings, clock: Clock) -> Iterator[Address]:
    """Reach the Ensue that owns the database; where none runs, run one on loopback for as long as it is needed."""
    running = find_running(settings.database)
    if running is not None:
        yield running
        return
    with serving(replace(settings, host="127.0.0.1", port=0), clock) as served:
        thread = threading.Thread(target=served.server.serve)
        thread.start()
        try:
            yield served.address
        finally:
            served.server.stop()
            thread.join()


def find_running(database: Path) -> Address | None:
    """Return the address of the process that owns the database, if there is one."""
    lock = _lock_file(database)
    if not lock.exists():
        return None
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _address(file.read())
    return None


def _address(text: bytes) -> Address | None:
    try:
        return msgspec.json.decode(text, type=Address)
    except msgspec.DecodeError:
        return None  # its owner is just about to write it


@contextmanager
def _owning(database: Path, address: Address) -> Iterator[None]:
    lock = _lock_file(database)
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"Another process works on {database}; stop it first, or choose another ENSUE_DATABASE."
            raise Unavailable(message) from None
        file.truncate()
        file.write(msgspec.json.encode(address))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _lock_file(database: Path) -> Path:
    return database.with_name(f"{database.name}.lock")


def _listen(settings: Settings) -> socket.socket:
    listener = socket.socket(socket.AF_INET, proto=socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle on
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        message = f"cannot listen on {settings.host}:{settings.port}: {error.strerror}"
        raise rejected("port", "ENSUE_PORT", message, "Choose another port, or end what uses it.") from error
    return listener
