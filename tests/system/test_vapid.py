"""`ensue vapid`: a key pair for web push, as the settings to use."""

import pytest

from ensue.channels.vapid import public_key
from ensue.cli.vapid import vapid
from ensue.config import read_settings


def test_what_it_prints_are_settings_that_are_taken(capsys: pytest.CaptureFixture[str]) -> None:
    keys = set()
    for _ in range(2):
        assert vapid() == 0
        comment, *lines = capsys.readouterr().out.splitlines()
        settings = read_settings(dict(line.split("=", 1) for line in lines))
        assert comment == f"# public key: {public_key(settings.vapid_key)}"
        assert settings.vapid_subject.startswith("mailto:")
        keys.add(settings.vapid_key)
    assert len(keys) == 2
