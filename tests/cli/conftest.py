"""An Ensue that commands find, for each file of tests, and a folder for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ensue.config import read_settings
from ensue.runners.clock import SystemClock
from ensue.serving import reaching
from tests.cli.commanding import Terminal, http_of


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """Run an Ensue, and give a terminal whose commands talk to it."""
    environment = {
        "ENSUE_DATABASE": f"sqlite:///{tmp_path_factory.mktemp('ensue')}/ensue.db",
        "ENSUE_PORT": "0",
    }
    with reaching(read_settings(environment), SystemClock()) as address, http_of(address) as http:
        yield Terminal(environment, http)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that is not there yet."""
    return tmp_path / "code"
