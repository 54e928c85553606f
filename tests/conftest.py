"""What holds for every test: how Hypothesis draws, and that tests which were left out are counted aloud.

One rule: no fixtures here but those that every folder of tests needs.
"""

import os
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, settings

IN_CI = bool(os.environ.get("CI"))
LEFT_OUT = pytest.StashKey[int]()

# No deadline and no complaint of slowness: two busy cores prove nothing. In CI the examples are the same at every
# run, so that a change is not red by chance; elsewhere they are new each time, and what failed is remembered.
settings.register_profile(
    "ensue",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=IN_CI,
    **({"database": None} if IN_CI else {}),
)
settings.register_profile("thorough", settings.get_profile("ensue"), max_examples=500)
settings.load_profile("ensue")


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Count the long tests that this run leaves out."""
    for item in items:
        if item.get_closest_marker("full"):
            item.config.stash[LEFT_OUT] = item.config.stash.get(LEFT_OUT, 0) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object) -> None:
    """Take over the count of a worker: every worker leaves out the same tests."""
    del error
    config: pytest.Config = node.config  # type: ignore[attr-defined]  # pytest-xdist has no types for its workers
    output: dict[str, int] = getattr(node, "workeroutput", {})
    config.stash[LEFT_OUT] = output.get("left_out", 0)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand a worker's count over to the controller."""
    output: dict[str, int] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = session.config.stash.get(LEFT_OUT, 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many long tests were left out."""
    if left_out := terminalreporter.config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(f"{left_out} long tests (marked `full`) left out: `make test-all` runs them")
