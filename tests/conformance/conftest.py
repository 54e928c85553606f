"""Every store, one after the other: what holds for one must hold for all."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ensue.ports import Store
from ensue.store.memory import MemoryStore
from ensue.store.sqlite import SqliteStore

MAKERS: dict[str, Callable[[Path], Store]] = {
    "memory": lambda _: MemoryStore(),
    "sqlite": lambda folder: SqliteStore(folder / "ensue.db", synchronous="OFF"),
}


@pytest.fixture(params=MAKERS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = MAKERS[request.param](tmp_path)
    yield made
    made.close()
