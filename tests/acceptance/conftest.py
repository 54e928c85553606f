"""A mail server and an Ensue for each test."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ensue.demo.mailbox import Letter, Mailbox
from tests.acceptance.running import Running


class Post:
    """All letters that a mail server was given, duplicates too."""

    def __init__(self) -> None:
        self._letters: list[Letter] = []
        self._lock = threading.Lock()
        self.mailbox = Mailbox(self._take)

    def letters(self) -> list[Letter]:
        """Return them, the oldest first."""
        with self._lock:
            return list(self._letters)

    def to(self, recipient: str) -> list[Letter]:
        """Return those of one recipient."""
        return [letter for letter in self.letters() if letter.recipient == recipient]

    def _take(self, letter: Letter) -> None:
        with self._lock:
            self._letters.append(letter)


@pytest.fixture
def post() -> Iterator[Post]:
    """Run a mail server on loopback."""
    post = Post()
    yield post
    post.mailbox.close()


@pytest.fixture
def ensue(tmp_path: Path, post: Post) -> Iterator[Running]:
    """Prepare an Ensue that sends to that mail server."""
    running = Running(tmp_path, post.mailbox.port)
    yield running
    running.close()
