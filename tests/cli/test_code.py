"""Campaigns as code: pull, diff and push against a running Ensue (B5)."""

import shutil
from itertools import count
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.cli.checkout import LOCK
from ensue.codec.yaml import dump_yaml
from ensue.core.records import Campaign, Card, Segment
from tests.cli.commanding import Terminal, contents, write
from tests.codec.making import Dice, make_record

EXAMPLES = Path(__file__).parents[2] / "examples"
NUMBERS = st.lists(st.integers(0, 999), max_size=120)
NAMES = (f"c{number}" for number in count())
"""Ids that no other test of this file has: they share one Ensue."""
HAND_WRITTEN = """\
# Written by hand: the order of the keys and the quotes are ours.

name:   "Second try"    # as it is called
kind: campaign
id: {id}

# what is sent
channels: {{email: {{subject: 'Did you miss this?', html: "<p>Lamps</p>"}}}}

# when
delivery:
    type: action_based
    triggers: [{{custom_event: {{name: hi}}}}]
    delay: {{after: 168h}}  # a week
    exceptions:
    - custom_event: {{name: bye}}

tags: []
# the end
"""


@pytest.fixture
def name() -> str:
    """Return an id that nobody has yet."""
    return next(NAMES)


@pytest.fixture
def file(terminal: Terminal, folder: Path, name: str) -> Path:
    """Return a file that was written by hand and pushed."""
    file = write(folder, "mine.yaml", HAND_WRITTEN.format(id=name))
    terminal.good("push", folder)
    return file


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


# ---------------------------------------------------------------- round trips


@pytest.mark.parametrize("source", ["campaigns", "as-code"])
def test_examples_that_are_pushed_stay_as_they_are_byte_for_byte(terminal: Terminal, folder: Path, source: str) -> None:
    shutil.copytree(EXAMPLES / source, folder)
    before = contents(folder)
    terminal.good("push", folder)
    terminal.ensue("pull", folder)
    assert contents(folder).items() >= before.items()
    for name in (one for one in before if "tests" not in one):
        assert (folder / name).read_bytes() == (EXAMPLES / source / name).read_bytes()


def test_pull_push_pull_changes_nothing(terminal: Terminal, folder: Path, tmp_path: Path) -> None:
    examples = Path(shutil.copytree(EXAMPLES / "campaigns", tmp_path / "examples"))
    terminal.good("push", examples, "--force")
    terminal.good("pull", folder)
    before = contents(folder)
    assert {"campaigns/newsletter.yaml", "cards/spring-sale.yaml", "segments/big-spenders.yaml"} <= before.keys()
    said = terminal.good("push", folder)
    assert "new:" not in said
    assert "changed:" not in said.replace("unchanged:", "")
    terminal.good("pull", folder)
    assert contents(folder) == before
    assert terminal.ensue("diff", folder).code == 0


@settings(max_examples=25)
@given(numbers=NUMBERS, record=st.sampled_from([Campaign, Card, Segment]))
def test_pull_push_pull_changes_nothing_of_any_definition(
    terminal: Terminal, tmp_path_factory: pytest.TempPathFactory, numbers: list[int], record: type[msgspec.Struct]
) -> None:
    made = msgspec.structs.replace(make_record(record, Dice(numbers)), id=next(NAMES))
    if isinstance(made, Segment):
        made = msgspec.structs.replace(made, filter=None)  # what a filter refers to would have to be there
    written, pulled = tmp_path_factory.mktemp("written"), tmp_path_factory.mktemp("pulled")
    text = dump_yaml(made)
    write(written, "made.yaml", text)
    terminal.good("push", written)
    terminal.good("pull", written)
    assert (written / "made.yaml").read_bytes() == text.encode()
    terminal.good("pull", pulled)
    before = contents(pulled)
    assert text.encode() in before.values()
    terminal.good("push", pulled)
    terminal.good("pull", pulled)
    assert contents(pulled) == before


# ---------------------------------------------------------------- what changed on which side


def test_a_file_that_means_the_same_is_never_rewritten(terminal: Terminal, file: Path) -> None:
    before = file.read_bytes()
    edit(file, "168h", "7d")
    terminal.good("pull", file.parent)
    assert file.read_bytes() == before.replace(b"168h", b"7d")
    assert "\nunchanged: " in f"\n{terminal.good('push', file.parent)}"


def test_an_edited_file_shows_a_readable_difference_and_is_saved_as_a_new_version(
    terminal: Terminal, file: Path, name: str
) -> None:
    edit(file, "168h", "3 days")
    done = terminal.ensue("diff", file.parent)
    assert done.code == 1
    shown = [line for line in done.out.splitlines() if not line.endswith(("different", "only in Ensue"))]
    begin = shown.index(f"campaign {name} (version 1) was changed in the file")
    assert shown[begin : begin + 11] == [
        f"campaign {name} (version 1) was changed in the file",
        f"--- Ensue: campaign {name} (version 1)",
        f"+++ {file}",
        "@@ -11,7 +11,7 @@",
        "     - custom_event:",
        "         name: hi",
        "   delay:",
        "-    after: 1 week",
        "+    after: 3 days",
        "   exceptions:",
        "     - custom_event:",
    ]
    assert f"would be changed: campaign {name} (version 2)" in terminal.good("push", file.parent, "--dry-run")
    assert terminal.api("GET", f"/campaigns/{name}")["version"] == 1
    assert f"changed: campaign {name} (version 2)" in terminal.good("push", file.parent)
    assert terminal.definition("campaign", name)["delivery"]["delay"] == {"after": "3 days"}


def test_the_difference_for_programs_tells_the_state_of_each(terminal: Terminal, file: Path, name: str) -> None:
    edit(file, "168h", "3 days")
    done = terminal.ensue("diff", file.parent, "--json")
    found = msgspec.json.decode(done.out)
    rows = {row["name"]: row for row in found["definitions"]}
    assert (done.code, found["same"]) == (1, False)
    assert (rows[f"campaign/{name}"]["state"], rows[f"campaign/{name}"]["version"]) == ("changed_in_files", 1)
    assert "+    after: 3 days" in rows[f"campaign/{name}"]["difference"]


def test_what_was_changed_in_ensue_comes_into_the_file_and_comments_stay(
    terminal: Terminal, file: Path, name: str
) -> None:
    before = file.read_text(encoding="utf-8")
    terminal.save(id=name, name="Third try", description="As Ana said.", tags=["spring"])
    assert f"left alone: campaign {name} (version 2) was changed in Ensue" in terminal.good("push", file.parent)
    assert f"wrote {file}" in terminal.good("pull", file.parent)
    after = before.replace('name:   "Second try"    # as it is called', "name: Third try\ndescription: As Ana said.")
    assert file.read_text(encoding="utf-8") == after.replace("tags: []", "tags:\n  - spring")
    assert terminal.good("pull", file.parent).count(str(file)) == 0


def test_nothing_that_somebody_else_saved_is_overwritten(terminal: Terminal, file: Path, name: str) -> None:
    terminal.save(id=name, name="Third try")
    edit(file, "Second try", "Fourth try")
    before = file.read_bytes()
    for command in ("push", "pull"):
        done = terminal.ensue(command, file.parent)
        assert done.code == (2 if command == "push" else 1)
        assert f"{file}:3:1: campaign {name} (version 2) was changed in the file and in Ensue" in done.err
        assert "version 1 was pulled" in done.err
    assert (file.read_bytes(), terminal.definition("campaign", name)["name"]) == (before, "Third try")
    assert f"changed: campaign {name} (version 3)" in terminal.good("push", file.parent, "--force")
    assert terminal.definition("campaign", name)["name"] == "Fourth try"


def test_a_pull_by_force_takes_what_ensue_holds(terminal: Terminal, file: Path, name: str) -> None:
    terminal.save(id=name, name="Third try")
    edit(file, "Second try", "Fourth try")
    terminal.good("pull", file.parent, "--force")
    assert "name: Third try\n" in file.read_text(encoding="utf-8")
    assert "unchanged" in terminal.good("push", file.parent)


def test_what_was_never_pulled_is_not_overwritten(terminal: Terminal, file: Path) -> None:
    (file.parent / LOCK).unlink()
    edit(file, "Second try", "Fourth try")
    done = terminal.ensue("push", file.parent)
    assert done.code == 2
    assert "differs from the file, and was never pulled" in done.err


def test_all_is_saved_or_nothing(terminal: Terminal, file: Path, name: str) -> None:
    other = next(NAMES)
    write(file.parent, "other.yaml", f"kind: segment\nid: {other}\nfilter: {{segment: nobody}}\n")
    edit(file, "Second try", "Third try")
    done = terminal.ensue("push", file.parent)
    assert done.code == 2
    assert f"{file.parent}/other.yaml:3:19: filter.segment: there is no segment 'nobody'" in done.err
    assert terminal.definition("campaign", name)["name"] == "Second try"


# ---------------------------------------------------------------- files that are gone, and what is archived


def test_a_deleted_file_deletes_nothing(terminal: Terminal, file: Path, name: str) -> None:
    file.unlink()
    write(file.parent, "other.yaml", f"kind: segment\nid: {next(NAMES)}\n")
    assert f"left alone: campaign {name} (version 1) is only in Ensue" in terminal.good("push", file.parent)
    assert terminal.api("GET", f"/campaigns/{name}")["status"] == "draft"
    terminal.good("pull", file.parent)
    assert (file.parent / "campaigns" / f"{name}.yaml").exists()


def test_what_is_archived_has_no_part_where_it_has_no_file(terminal: Terminal, file: Path, name: str) -> None:
    terminal.api("POST", f"/campaigns/{name}/archive")
    edit(file, "Second try", "Third try")
    done = terminal.ensue("push", file.parent)
    assert done.code == 2
    assert f"{file}:5:5: id: the campaign '{name}' is archived. Unarchive it first." in done.err
    file.unlink()
    assert name not in terminal.ensue("diff", file.parent).out
    terminal.good("pull", file.parent)
    assert not (file.parent / "campaigns" / f"{name}.yaml").exists()


# ---------------------------------------------------------------- what is refused, with its place


def test_a_bad_file_names_line_column_and_remedy(terminal: Terminal, folder: Path) -> None:
    file = write(folder, "deep/bad.yaml", "kind: campaign\nid: bad\nchannels:\n  email:\n    subjet: Hello\n")
    write(folder, "deep/worse.yml", "kind: card\nid: bad-card\ntitle: [a\n")
    done = terminal.ensue("push", folder)
    assert done.code == 2
    lines = done.err.splitlines()
    assert lines[0].startswith(f"{file}:5:5: channels.email.subjet: unknown key 'subjet'; did you mean 'subject'?")
    assert lines[1].startswith(f"{folder}/deep/worse.yml:4:1: is no YAML")
    assert len(lines) == 2


def test_two_files_cannot_define_the_same(terminal: Terminal, file: Path, name: str) -> None:
    copy = Path(shutil.copy(file, file.parent / "zcopy.yaml"))
    done = terminal.ensue("push", file.parent)
    assert f"{copy}:5:5: id: the id '{name}' is taken. It is defined in {file}; keep one of them." in done.err


def test_a_folder_without_definitions_is_refused(terminal: Terminal, folder: Path) -> None:
    assert "is no folder" in terminal.ensue("push", folder).err
    write(folder, ".hidden/a.yaml", "kind: segment\nid: hidden\n")
    done = terminal.ensue("push", folder)
    assert (done.code, "holds no campaign, card or segment" in done.err) == (2, True)


def webhook(name: str, headers: str) -> str:
    return (
        f"kind: campaign\nid: {name}\nchannels:\n  webhook:\n"
        f"    url: https://crm.example/in\n    headers: {{{headers}}}\n"
    )


def test_a_secret_stands_in_no_file(terminal: Terminal, folder: Path, name: str) -> None:
    file = write(folder, "hook.yaml", webhook(name, "Authorization: Bearer abc123"))
    done = terminal.ensue("push", folder)
    assert done.code == 2
    assert f"{file}:6:30: channels.webhook.headers.Authorization: holds a secret in plain text." in done.err
    assert "{{ secret.crm_token }}" in done.err
    edit(file, "Bearer abc123", '"Bearer {{ secret.crm_token }}"')
    terminal.good("push", folder)


def test_a_secret_that_ensue_holds_is_not_written_to_a_file(terminal: Terminal, folder: Path, name: str) -> None:
    hook = {"url": "https://crm.example/in?token=abc123", "headers": {"X-Api-Key": "abc123"}}
    terminal.api("POST", "/campaigns", {"kind": "campaign", "id": name, "channels": {"webhook": hook}})
    try:
        done = terminal.ensue("pull", folder)
        assert done.code == 1
        assert f"campaign {name} (version 1) in Ensue: channels.webhook.url: holds a password or token" in done.err
        assert "channels.webhook.headers.X-Api-Key: holds a secret in plain text, and was not written" in done.err
        assert not (folder / "campaigns" / f"{name}.yaml").exists()
    finally:
        terminal.save(id=name, channels={"webhook": {"url": "https://crm.example/in"}})


def test_the_lock_file_holds_names_versions_and_digests_alone(file: Path, name: str) -> None:
    lock = msgspec.json.decode((file.parent / LOCK).read_bytes())
    assert lock.keys() == {"definitions"}
    assert lock["definitions"][f"campaign/{name}"].keys() == {"digest", "version"}
    assert "try" not in str(lock)


def test_documents_of_one_file_are_kept_apart(terminal: Terminal, file: Path, name: str) -> None:
    first = file.read_text(encoding="utf-8")
    second = f"---\n# A segment beside it.\nkind: segment\nid: {name}\nname: One\n"
    third = f"---\n{{kind: card, id: {next(NAMES)}, title: Card}}\n"
    file.write_text(first + second + third, encoding="utf-8")
    terminal.good("push", file.parent)
    terminal.api("PUT", f"/segments/{name}", {"kind": "segment", "id": name, "name": "Two"})
    terminal.good("pull", file.parent)
    assert file.read_text(encoding="utf-8") == first + second.replace("One", "Two") + third
