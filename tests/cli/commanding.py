"""Commands as a terminal gives them, within this process, and the API of the Ensue that they talk to."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import msgspec

from ensue.cli.app import app
from ensue.cli.printing import INVALID, print_problems
from ensue.errors import Rejected
from ensue.serving import Address


class Done(msgspec.Struct, frozen=True):
    """What a command came to: its exit code, and what it said, without the breaks of lines that a terminal adds."""

    code: int
    out: str
    err: str


class Terminal:
    """Gives commands to one Ensue."""

    def __init__(self, environment: dict[str, str], http: httpx.Client) -> None:
        self._environment = environment
        self._http = http

    def ensue(self, *arguments: str | Path) -> Done:
        """Run a command."""
        out, err = StringIO(), StringIO()
        with _environment(self._environment), redirect_stdout(out), redirect_stderr(err):
            try:
                code = app([str(one) for one in arguments], result_action="return_value")
            except Rejected as rejection:
                print_problems(rejection.problems)
                code = INVALID
        return Done(code, out.getvalue(), err.getvalue())

    def elsewhere(self, key: str) -> "Terminal":
        """Return a terminal on another machine, which knows the address and a key alone."""
        remote = {"ENSUE_REMOTE": str(self._http.base_url), "ENSUE_REMOTE_KEY": key}
        return Terminal(remote, self._http)

    def good(self, *arguments: str | Path) -> str:
        """Run a command that must succeed; return what it said."""
        done = self.ensue(*arguments)
        assert done.code == 0, done
        return done.out

    def api(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Call the API as somebody else does."""
        response = self._http.request(method, f"/api/v1{path}", json=body)
        response.raise_for_status()
        found: dict[str, Any] = response.json() if response.content else {}
        return found

    def definition(self, kind: str, name: str) -> dict[str, Any]:
        """Return a definition as Ensue holds it."""
        found: dict[str, Any] = self.api("GET", f"/{kind}s/{name}")["definition"]
        return found

    def save(self, **changes: object) -> None:
        """Change a campaign as somebody does in the dashboard."""
        name = changes.pop("id")
        self.api("PUT", f"/campaigns/{name}", self.definition("campaign", str(name)) | changes)


def http_of(address: Address) -> httpx.Client:
    """Return a client with the owner's rights."""
    headers = {"Authorization": f"Bearer {address.token}"}
    return httpx.Client(base_url=address.url, headers=headers, timeout=30, trust_env=False)


@contextmanager
def _environment(wanted: dict[str, str]) -> Iterator[None]:
    before = {name: value for name, value in os.environ.items() if name.startswith("ENSUE_")}
    for name in before:
        del os.environ[name]
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name in wanted:
            del os.environ[name]
        os.environ.update(before)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder, byte for byte."""
    return {str(one.relative_to(folder)): one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()}


def write(folder: Path, name: str, text: str) -> Path:
    """Write a file as somebody does by hand."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file
