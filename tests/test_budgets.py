"""The code stays small, and the pins stay whole: each test lists the culprits."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ensue.web.scripts import scripts

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src"
MODULE_LINES = 400
FUNCTION_LINES = 40
SCRIPT_LINES = 400
SDK_BYTES = 10 * 1024
SDK_LATER = {"bridge.js", "frame.js", "push.js", "sw.js"}  # loaded where there is an HTML message, or push

# Written in halves, so that this file does not name them either.
REGISTRIES = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "crates" + ".io",
    "npm" + "js.org",
    "proxy.golang" + ".org",
    "repo.maven" + ".apache.org",
    "deb.debian" + ".org",
]

Function = ast.FunctionDef | ast.AsyncFunctionDef


def lines_in(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path: Path) -> Iterator[Function]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: Function) -> int:
    """Lines from `def` to the end; decorators and the docstring are free."""
    first, last = function.lineno, function.end_lineno or function.lineno
    docstring = function.body[0] if ast.get_docstring(function) is not None else None
    free = docstring.end_lineno - docstring.lineno + 1 if docstring and docstring.end_lineno else 0
    return last - first + 1 - free


def tracked_files() -> list[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]  # what the next commit may hold
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def pins(path: Path) -> list[str]:
    """The entries of a lock file, each with its continuation lines."""
    text = re.sub(r"^\s*#.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [entry.strip() for entry in text.replace("\\\n", " ").splitlines() if entry.strip()]


LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def test_no_module_is_longer_than_its_budget() -> None:
    long = {str(path.relative_to(ROOT)): lines_in(path) for path in SOURCES.rglob("*.py")}
    assert long, "no modules found"
    assert {name: lines for name, lines in long.items() if lines > MODULE_LINES} == {}


def test_no_function_is_longer_than_its_budget() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}": length(function)
        for path in SOURCES.rglob("*.py")
        for function in functions(path)
    }
    assert long, "no functions found"
    assert {name: lines for name, lines in long.items() if lines > FUNCTION_LINES} == {}


def test_no_script_for_pages_is_longer_than_its_budget() -> None:
    lines = {str(path.relative_to(ROOT)): lines_in(path) for path in SOURCES.rglob("*.js")}
    assert lines, "no scripts found"
    assert {name: count for name, count in lines.items() if count > SCRIPT_LINES} == {}


def test_what_a_page_loads_of_the_sdk_is_small() -> None:
    sizes = {name: len(script.zipped) for name, script in scripts().items()}
    assert sizes.keys() > SDK_LATER
    assert sum(size for name, size in sizes.items() if name not in SDK_LATER) <= SDK_BYTES, sizes
    assert sum(size for name, size in sizes.items() if name in SDK_LATER) <= SDK_BYTES / 3, sizes


def test_a_functions_length_leaves_out_its_docstring() -> None:
    source = 'def f():\n    """One.\n\n    Two.\n    """\n    return 1\n'
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    assert length(function) == 2


def test_no_file_names_a_package_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in tracked_files()
        for host in REGISTRIES
        if host.encode() in path.read_bytes()
    ]
    assert found == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_pin_has_a_version_and_hashes_and_no_address(lock: Path) -> None:
    entries = pins(lock)
    whole = re.compile(r"^[a-z0-9.-]+==\S+( ; .+?)?(\s+--hash=sha256:[0-9a-f]{64})+$")
    assert entries
    assert [entry for entry in entries if not whole.match(entry)] == []
    assert "://" not in lock.read_text(encoding="utf-8")


def test_the_locks_agree_with_one_another() -> None:
    run, test, check = (
        {entry.split()[0] for entry in pins(ROOT / "requirements" / f"{name}.txt")} for name in ("run", "test", "check")
    )
    assert run < test < check
