"""What is different between two versions, as their files would show it."""

from ensue.core.contents import Channels, Email
from ensue.core.records import Campaign
from ensue.services.versions import difference


def campaign(name: str, **more: object) -> Campaign:
    email = Email(subject="Hello", html="\n".join(f"<p>{number}</p>" for number in range(20)))
    return Campaign(id="news", name=name, channels=Channels(email=email), **more)  # type: ignore[arg-type]  # by name


def test_changed_lines_stand_between_some_that_did_not_change() -> None:
    lines = difference(campaign("News"), campaign("More news", tags=("a",)))
    changed = [(one.kind, one.text) for one in lines if one.kind not in ("same", "gap")]
    assert changed == [("gone", "name: News"), ("new", "name: More news"), ("new", "tags:"), ("new", "  - a")]
    assert [one.text for one in lines][:2] == ["kind: campaign", "id: news"]


def test_what_is_left_out_is_counted() -> None:
    (*_, last) = difference(campaign("News"), campaign("More news"))
    assert last.kind == "gap"
    assert last.text.endswith("unchanged lines")


def test_a_change_at_the_end_leaves_out_the_beginning() -> None:
    lines = difference(campaign("News"), campaign("News", control_group=10))
    assert (lines[0].kind, lines[-1].text) == ("gap", "control_group: 10")


def test_nothing_changed_gives_nothing() -> None:
    assert difference(campaign("News"), campaign("News")) == []
