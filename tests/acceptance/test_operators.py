"""The people who use the dashboard, from the command line."""

import re
from pathlib import Path

from tests.acceptance.running import Running

LINK = re.compile(r"http://[\w.:]+/dashboard/welcome/[\w-]{32}\n")


def test_operators_are_added_listed_and_given_a_link(tmp_path: Path) -> None:
    running = Running(tmp_path, 9)
    running.close()
    added = running.command("operators", "add", "Ana", "--role", "owner", "--email", "ana@shop.example")
    assert (added.returncode, added.stderr) == (0, "")
    assert LINK.fullmatch(added.stdout)
    linked = running.command("operators", "link", "Ana")
    assert LINK.fullmatch(linked.stdout)
    assert linked.stdout != added.stdout
    assert "ana@shop.example" in running.command("operators", "list").stdout
    taken = running.command("operators", "add", "ana")
    assert taken.returncode == 2
    assert "is taken by Ana" in taken.stderr + taken.stdout
    absent = running.command("operators", "link", "Eve")
    assert absent.returncode == 2
