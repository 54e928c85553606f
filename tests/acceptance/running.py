"""A real `ensue serve` as a process of its own, and real clients of it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import httpx

from ensue.serving import find_running

T = TypeVar("T")
PATIENCE = 60.0
"""Seconds after which what was waited for will not come any more."""
READER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.3.0"


class Running:
    """One database, and the process that serves it; it can be killed and started again."""

    def __init__(self, folder: Path, smtp_port: int, **settings: str) -> None:
        """Start nothing yet; `settings` are more of the environment."""
        self.database = folder / "ensue.db"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ENSUE_")},
            "ENSUE_DATABASE": f"sqlite:///{self.database}",
            "ENSUE_PORT": "0",
            "ENSUE_SMTP": f"smtp://127.0.0.1:{smtp_port}",
            "ENSUE_MAIL_FROM": "Shop <news@shop.example>",
            **settings,
        }
        self._log = (folder / "log.txt").open("ab")
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: list[httpx.Client] = []

    def start(self) -> httpx.Client:
        """Start serving; return a client with the owner's rights once it answers."""
        self._process = subprocess.Popen(self._command("serve"), env=self._environment, stderr=self._log)
        client = until(self._client, "Ensue serves")
        self._clients.append(client)
        return client

    def stop(self) -> int:
        """End it with SIGTERM; return its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it with `kill -9`."""
        self._end(signal.SIGKILL)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of `ensue` on the same database."""
        return subprocess.run(
            self._command(*arguments),
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def log(self) -> str:
        """Return what it has said so far."""
        return Path(self._log.name).read_text(encoding="utf-8")

    def close(self) -> None:
        """End whatever runs."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        for client in self._clients:
            client.close()
        self._log.close()

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-c", "from ensue.cli.app import main; main()", *arguments]

    def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(PATIENCE)

    def _client(self) -> httpx.Client | None:
        assert self._process is not None
        assert self._process.poll() is None, "it ended instead of serving"
        address = find_running(self.database)
        if address is None:
            return None
        headers = {"Authorization": f"Bearer {address.token}"}
        client = httpx.Client(base_url=address.url, headers=headers, timeout=30, trust_env=False)
        try:
            client.get("/healthz").raise_for_status()
        except httpx.HTTPError:
            client.close()
            return None
        return client


def until(look: Callable[[], T | None], what: str) -> T:
    """Look again and again until there is something; fail after a minute."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        pause()
    raise AssertionError(f"waited in vain: {what}")


def pause() -> None:
    """Let other processes work for a moment."""
    time.sleep(0.02)  # noqa: TID251  (between two looks at another process)
