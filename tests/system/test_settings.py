"""The settings from the environment: what is taken, and what is refused with a clear word."""

from pathlib import Path

import pytest

from ensue.channels.vapid import new_key
from ensue.config import APNS, Settings, read_settings
from ensue.errors import Problem, Rejected


def refused(**environment: str) -> list[Problem]:
    with pytest.raises(Rejected) as caught:
        read_settings(environment)
    assert all(problem.hint for problem in caught.value.problems)
    return list(caught.value.problems)


def apns(folder: Path) -> dict[str, str]:
    file = folder / "key.p8"
    file.touch()
    return dict(zip(APNS, (str(file), "ABC123DEFG", "DEF123GHIJ", "example.shop.app"), strict=True))


def test_nothing_need_be_set() -> None:
    assert read_settings({}) == Settings()


def test_what_is_set_is_read(tmp_path: Path) -> None:
    key = new_key()
    file = tmp_path / "account.json"
    file.touch()
    settings = read_settings(
        {
            "ENSUE_ALLOWED_NETWORKS": "10.1.0.0/16, fd00::/8,192.168.7.4",
            "ENSUE_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "ENSUE_VAPID_KEY": key,
            "ENSUE_VAPID_SUBJECT": "https://shop.example/contact",
            "ENSUE_FCM_CREDENTIALS": str(file),
            "ENSUE_APNS_SANDBOX": "yes",
            **apns(tmp_path),
        }
    )
    assert settings.allowed_networks == ("10.1.0.0/16", "fd00::/8", "192.168.7.4/32")
    assert (settings.vapid_key, settings.vapid_subject) == (key, "https://shop.example/contact")
    assert (settings.fcm_credentials, settings.apns_topic, settings.apns_sandbox) == (file, "example.shop.app", True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ENSUE_ALLOWED_NETWORKS", "10.0.0.0/99"),
        ("ENSUE_ALLOWED_NETWORKS", "10.0.0.1/8"),
        ("ENSUE_ALLOWED_NETWORKS", "shop.example"),
        ("ENSUE_WEBHOOK_SECRET", "secret"),
        ("ENSUE_WEBHOOK_SECRET", "whsec_c2hvcnQ="),
        ("ENSUE_WEBHOOK_SECRET", "whsec_no base 64 at all, but long enough"),
        ("ENSUE_VAPID_KEY", "short"),
        ("ENSUE_VAPID_KEY", "ö" * 43),
        ("ENSUE_VAPID_SUBJECT", "push@shop.example"),
        ("ENSUE_VAPID_SUBJECT", "http://shop.example"),
        ("ENSUE_FCM_CREDENTIALS", "/nowhere/account.json"),
    ],
)
def test_a_bad_value_is_refused_by_its_name(name: str, text: str) -> None:
    (problem,) = refused(**{name: text})
    assert problem.path == name


@pytest.mark.parametrize("missing", APNS)
def test_half_of_what_apple_needs_is_refused_and_the_missing_one_named(tmp_path: Path, missing: str) -> None:
    given = {name: text for name, text in apns(tmp_path).items() if name != missing}
    (problem,) = refused(**given)
    assert problem.path == missing
    assert "is missing" in problem.message


def test_apples_sandbox_alone_is_not_enough() -> None:
    assert {problem.path for problem in refused(ENSUE_APNS_SANDBOX="no")} == set(APNS)


def test_a_flag_is_yes_or_no(tmp_path: Path) -> None:
    (problem,) = refused(**apns(tmp_path), ENSUE_APNS_SANDBOX="true")
    assert problem.path == "ENSUE_APNS_SANDBOX"


def test_secrets_are_known_by_their_names_in_small_letters() -> None:
    assert read_settings({"ENSUE_SECRET_CRM_TOKEN": "t0p"}).secrets == {"crm_token": "t0p"}
    (problem,) = refused(ENSUE_SECRET_="t0p")
    assert problem.path == "ENSUE_SECRET_"


def test_another_ensue_needs_a_key() -> None:
    settings = read_settings({"ENSUE_REMOTE": "https://ensue.example/", "ENSUE_REMOTE_KEY": "ek_1"})
    assert (settings.remote, settings.remote_key) == ("https://ensue.example", "ek_1")
    (problem,) = refused(ENSUE_REMOTE="https://ensue.example")
    assert problem.path == "ENSUE_REMOTE_KEY"
    (problem,) = refused(ENSUE_REMOTE="ensue.example", ENSUE_REMOTE_KEY="ek_1")
    assert problem.path == "ENSUE_REMOTE"
