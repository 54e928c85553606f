"""The reference tells all there is, and nothing that is not there."""

import re
from pathlib import Path
from typing import get_args

from ensue.cli.app import app
from ensue.config import SETTINGS
from ensue.core.words import CampaignInteraction, CardInteraction

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def test_every_setting_is_documented_and_no_other() -> None:
    told = set(
        re.findall(r"^\| `(ENSUE_[A-Z_]+)`", (REFERENCE / "settings.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert told == {setting.name for setting in SETTINGS}


def test_every_command_is_documented_and_no_other() -> None:
    text = (REFERENCE / "commands.md").read_text(encoding="utf-8")
    told = {words.split()[0] for words in re.findall(r"`ensue ([a-z][a-z ]*)", text)}
    assert told == {name for name in app if not name.startswith("-")}


def test_every_interaction_is_documented_and_each_named_test_is_there() -> None:
    text = (REFERENCE / "interactions.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`([a-z_]+)`", text))
    assert told >= {*get_args(CampaignInteraction), *get_args(CardInteraction)}
    for name, path in re.findall(r"\[`(test_\w+)`\]\(([^)]+)\)", text):
        assert f"def {name}(" in (REFERENCE / path).read_text(encoding="utf-8")
