"""`ensue interactions import`: what people did with campaigns that another system sent (B8)."""

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.commanding import Terminal, write

NAMES = (f"letter-{number}" for number in count())
HEADER = "user,interaction,at,campaign,link\n"


class Partner:
    """A campaign that another system sends, launched with a follow-on on its clicks."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.id = next(NAMES)
        self.follow_on = f"{self.id}-follow-on"
        self.people = (f"{self.id}-ana", f"{self.id}-bo")
        trigger = {"interact_with_campaign": {"campaign": self.id, "interaction": "click_email"}}
        self._save({"id": self.id, "delivery": {"type": "external", "channels": ["email"]}})
        self._save(
            {
                "id": self.follow_on,
                "channels": {"webhook": {"url": "https://crm.example/in"}},
                "delivery": {"type": "action_based", "triggers": [trigger], "delay": {"after": "1 day"}},
            }
        )
        terminal.api("POST", "/launch", {"ids": [self.follow_on, self.id]})
        self.now = datetime.now(UTC)  # noqa: TID251  (the system's time is the clock of a real Ensue)
        terminal.api("POST", "/users", {"users": [{"external_id": one, "attributes": {}} for one in self.people]})

    def _save(self, definition: dict[str, Any]) -> None:
        self.terminal.api("POST", "/campaigns", {"kind": "campaign", **definition})

    def click(self, user: str, after: int = 0, link: str = "shop") -> str:
        """Return a line about a click so many seconds after the launch."""
        return f"{user},click_email,{(self.now + timedelta(seconds=after)).isoformat()},{self.id},{link}\n"

    def figure(self, name: str = "click_email") -> int:
        """Return how often an interaction was counted."""
        report = self.terminal.api("GET", f"/campaigns/{self.id}/report")
        return sum(int(one["amount"]) for one in report["figures"] if one["name"] == name)

    def decisions(self) -> list[tuple[str, str, str | None]]:
        """Return what became of the follow-on, by user."""
        found = self.terminal.api("GET", f"/campaigns/{self.follow_on}/decisions")["decisions"]
        return [(one["decision"]["user"], one["decision"]["outcome"], one["decision"].get("reason")) for one in found]


@pytest.fixture
def partner(terminal: Terminal) -> Partner:
    return Partner(terminal)


def test_an_imported_click_starts_the_follow_on_and_an_old_one_does_not(
    terminal: Terminal, partner: Partner, tmp_path: Path
) -> None:  # T2, T3
    ana, bo = partner.people
    file = write(tmp_path, "log.csv", HEADER + partner.click(ana) + partner.click(bo, after=-3600))
    said = terminal.good("interactions", "import", file)
    assert "imported 2 interactions (0 of them known already), refused 0 lines" in said
    assert partner.figure() == 2
    assert partner.decisions() == [(ana, "waiting", None), (bo, "refused", "not_yet_active")]


def test_a_repeat_changes_nothing_wherever_it_comes_from(terminal: Terminal, partner: Partner, tmp_path: Path) -> None:
    # O1, I1
    ana, _ = partner.people
    lines = partner.click(ana) + partner.click(ana, link="other")
    file = write(tmp_path, "log.csv", HEADER + lines + partner.click(ana))
    terminal.good("interactions", "import", file)
    assert "going on where the last import ended" in terminal.good("interactions", "import", file)
    assert partner.figure() == 2  # a line that is there twice counts once
    assert "(3 of them known already)" in terminal.good("interactions", "import", file, "--again")
    one = {"user": ana, "interaction": "click_email", "at": partner.now.isoformat(), "campaign": partner.id}
    other = write(tmp_path, "log.jsonl", msgspec.json.encode(one | {"link": "shop"}).decode() + "\n")
    assert "(1 of them known already)" in terminal.good("interactions", "import", other)
    assert partner.figure() == 2


def test_a_file_that_grew_is_imported_from_where_it_ended(terminal: Terminal, partner: Partner, tmp_path: Path) -> None:
    ana, bo = partner.people
    file = write(tmp_path, "log.csv", HEADER + partner.click(ana))
    terminal.good("interactions", "import", file)
    with file.open("a", encoding="utf-8") as log:
        log.write(partner.click(bo))
    said = terminal.good("interactions", "import", file)
    assert "imported 2 interactions (0 of them known already)" in said
    file.write_text(HEADER + partner.click(bo) + partner.click(ana), encoding="utf-8")
    done = terminal.ensue("interactions", "import", file)
    assert (done.code, "is not the file that was imported before" in done.err) == (2, True)


def test_an_import_that_was_cut_off_goes_on_after_its_last_batch(
    terminal: Terminal, partner: Partner, tmp_path: Path
) -> None:
    ana, _ = partner.people
    text = HEADER + "".join(partner.click(ana, after=place, link=f"l{place}") for place in range(600))
    file = write(tmp_path, "log.csv", text[:-40])  # the last line is not whole
    done = terminal.ensue("interactions", "import", file)
    assert (done.code, "log.csv:601: has more or fewer cells than the header" in done.err) == (1, True)
    note = msgspec.json.decode((tmp_path / "log.csv.imported").read_bytes())
    assert (note["taken"], note["refused"], note["end"]) == (599, 1, len(text) - 40)
    assert partner.figure() == 599


def test_refused_lines_are_told_with_number_and_reason_and_the_others_are_kept(
    terminal: Terminal, partner: Partner, tmp_path: Path
) -> None:  # I2
    ana, _ = partner.people
    bad = [
        partner.click("nobody"),
        partner.click(ana).replace("click_email", "clik_email"),
        partner.click(ana).replace("click_email", "directly_open_push"),
        partner.click(ana).replace(f",{partner.id},", ",letter,"),
        f"{ana},click_email,,{partner.id},\n",
        f"{ana},click_email,2026-03-02T09:00:00,{partner.id},\n",
    ]
    file = write(tmp_path, "log.csv", HEADER + "".join([bad[0], partner.click(ana), *bad[1:]]))
    report = tmp_path / "refused.csv"
    done = terminal.ensue("interactions", "import", file, "--refused", report)
    assert done.code == 1
    assert "imported 1 interactions" in done.out
    said = done.err.splitlines()
    assert said[0] == f"{file}:2: user: there is no user 'nobody'. Send an attribute or event first."
    assert said[1].startswith(f"{file}:4: interaction: there is no interaction 'clik_email'. One of: click_email, ")
    assert said[2] == f"{file}:5: interaction: '{partner.id}' is not sent by push. Its delivery says email."
    assert said[3].startswith(f"{file}:6: campaign: there is no campaign 'letter'.")
    assert said[4] == f"{file}:7: at: is missing. Give the time at which it happened."
    assert said[5].startswith(f"{file}:8: at: the time has no zone.")
    rows = report.read_text(encoding="utf-8").splitlines()
    assert rows[0] == "line,reason,user,interaction,at,campaign,link"
    assert [row.split(",")[0] for row in rows[1:]] == ["2", "4", "5", "6", "7", "8"]
    report.write_text("\n".join(rows[:2]).replace("nobody", ana, 2) + "\n", encoding="utf-8")
    assert "imported 1 interactions" in terminal.good("interactions", "import", report)


def test_unknown_users_are_made_where_that_is_asked_for_but_never_deleted_ones(
    terminal: Terminal, partner: Partner, tmp_path: Path
) -> None:
    ana, _ = partner.people
    terminal.api("DELETE", f"/users/{ana}")
    new = f"{partner.id}-new"
    file = write(tmp_path, "log.csv", HEADER + partner.click(new) + partner.click(new, after=1) + partner.click(ana))
    done = terminal.ensue("interactions", "import", file, "--create-users")
    assert (done.code, f"log.csv:4: user: the user '{ana}' was deleted." in done.err) == (1, True)
    assert (new, "waiting", None) in partner.decisions()
    assert terminal.api("GET", f"/users/{new}")["external_id"] == new


def test_a_campaign_is_named_once_for_a_whole_file(terminal: Terminal, partner: Partner, tmp_path: Path) -> None:
    ana, _ = partner.people
    file = write(tmp_path, "log.jsonl", f'{{"user": "{ana}", "interaction": "open_email", "at": "{partner.now}"}}\n')
    terminal.good("interactions", "import", file, "--campaign", partner.id)
    assert partner.figure("open_email") == 1


def test_commands_reach_an_ensue_on_another_machine_with_a_key(
    terminal: Terminal, partner: Partner, tmp_path: Path
) -> None:
    ana, _ = partner.people
    file = write(tmp_path, "log.csv", HEADER + partner.click(ana))
    key = terminal.api("POST", "/keys", {"name": "import", "scopes": ["track"]})["secret"]
    remote = terminal.elsewhere(key)
    remote.good("interactions", "import", file)
    assert partner.figure() == 1
    assert "imported 1 interactions (1 of them known already)" in terminal.good("interactions", "import", file)
    done = remote.ensue("diff", tmp_path)
    assert (done.code, "campaigns:read" in done.err) == (2, True)
