"""Break the core, one line at a time, and see that the tests of the rules notice.

One rule: a mutation breaks one rule of the semantics, and the tests named beside it must turn red for it.
Not here: mutations found by a machine; each of these is a mistake that somebody could make.

Run it: `python -m tests.mutations.run`, or with the files of the mutations wanted: `… run caps.py turn.py`.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutations.table import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]
LONGEST = 120
"""Seconds that the tests of one mutation may take; a mutation that hangs them was noticed, too."""
RED = 1
"""The exit code of a run in which a test failed; others mean that it did not get as far."""


def main(files: Collection[str] = ()) -> int:
    """Try the mutations of these files (all where none is named), print a line each; return how many went unnoticed."""
    chosen = [one for one in MUTATIONS if not files or one.file in files]
    with TemporaryDirectory(prefix="ensue-mutations-") as folder:
        source = Path(folder) / "src"
        shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
        tests = sorted({test for one in chosen for test in one.tests})
        code, output = _run_tests(source, tests)
        if code != 0:
            _say(f"the tests fail without any mutation:\n{output}")
            return len(chosen)
        failed = sum(not _is_noticed(source, one) for one in chosen)
    _say(f"{len(chosen) - failed} passed, {failed} failed")
    return failed


def _is_noticed(source: Path, one: Mutation) -> bool:
    begun = time.monotonic()
    try:
        with _mutated(source / "ensue" / "core" / one.file, one):
            code, _ = _run_tests(source, one.tests)
    except LookupError as error:
        verdict, is_noticed = f"FAILED: {error}", False
    else:
        is_noticed = code == RED
        verdict = "passed" if is_noticed else f"FAILED: the tests exit with {code}"
    _say(f"{one.rule:4} {one.file:15} {one.what:75} {time.monotonic() - begun:4.1f} s  {verdict}")
    return is_noticed


@contextmanager
def _mutated(path: Path, one: Mutation) -> Iterator[None]:
    """Have the file mutated for a while; LookupError where the text is not there exactly once."""
    text = path.read_text(encoding="utf-8")
    if (count := text.count(one.old)) != 1:
        message = f"the text is there {count} times: {one.old!r}"
        raise LookupError(message)
    path.write_text(text.replace(one.old, one.new), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(text, encoding="utf-8")


def _run_tests(source: Path, tests: Collection[str]) -> tuple[int, str]:
    """Run the tests on that source, in a process that knows nothing of a test run around it.

    Returns the exit code and the output.
    """
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", *tests]
    # Bytecode is told apart by second and size, so mutated code could be taken for its original.
    own = {"PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1", "CI": "1"}
    try:
        run = subprocess.run(
            command, cwd=ROOT, env=outside | own, capture_output=True, check=False, timeout=LONGEST, text=True
        )
    except subprocess.TimeoutExpired:
        return RED, ""
    return run.returncode, run.stdout + run.stderr


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
