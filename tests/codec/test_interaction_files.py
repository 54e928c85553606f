"""Files of interactions: what is read of each line, and what is said of those that cannot be read."""

from pathlib import Path

import msgspec
import pytest

from ensue.codec.interaction_files import Line, others, read_interactions, write_refused
from ensue.errors import Problem, Rejected


def lines(folder: Path, name: str, text: str | bytes) -> list[Line]:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_interactions(file))


def test_a_csv_file_is_read_under_the_names_that_others_use(tmp_path: Path) -> None:
    text = "external_id,interaction,timestamp,campaign,link,price,id\r\n"
    text += 'ana,click_email,2026-03-02T09:00:00Z,news,"a\nb",9,7\r\n'
    (line,) = lines(tmp_path, "a.csv", b"\xef\xbb\xbf" + text.encode())
    assert (line.number, line.problem, line.end) == (2, None, len(text) + 3)
    assert line.fields == {
        "id": "7",
        "user": "ana",
        "interaction": "click_email",
        "campaign": "news",
        "at": "2026-03-02T09:00:00Z",
        "link": "a\nb",
    }
    assert others(tmp_path / "a.csv") == ["price"]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("1767225600", "2026-01-01T00:00:00+00:00"),
        ("1767225600.5", "2026-01-01T00:00:00.500000+00:00"),
        ("1767225600500", "2026-01-01T00:00:00.500000+00:00"),
        ("2026-03-02 09:00:00 UTC", "2026-03-02 09:00:00Z"),
        ("yesterday", "yesterday"),
    ],
)
def test_times_are_read_as_logs_write_them(tmp_path: Path, given: str, read: str) -> None:
    (line,) = lines(tmp_path, "a.csv", f"user,interaction,at\nana,click_email,{given}\n")
    assert line.fields["at"] == read


def test_json_lines_are_read_and_empty_ones_left_out(tmp_path: Path) -> None:
    one = {"user": 7, "interaction": "bounce_email", "time": 1767225600, "permanent": "false", "link": None}
    found = lines(tmp_path, "a.jsonl", msgspec.json.encode(one).decode() + "\n\n[1]\n{\n")
    assert [(line.number, line.problem is None) for line in found] == [(1, True), (3, False), (4, False)]
    assert found[0].fields == {
        "user": "7",
        "interaction": "bounce_email",
        "at": "2026-01-01T00:00:00+00:00",
        "permanent": False,
    }


def test_lines_that_cannot_be_read_are_told_by_their_number(tmp_path: Path) -> None:
    found = lines(
        tmp_path, "a.csv", "user,interaction,at\nana,click_email\nbo,click_email,2026-03-02T09:00:00Z\ncy,open_email,\n"
    )
    problems = [(line.number, line.problem.path, line.problem.message) for line in found if line.problem]
    assert problems == [(2, "", "has more or fewer cells than the header"), (4, "at", "is missing")]


@pytest.mark.parametrize("text", ["", "user,interaction\n", b"user,interaction,at\n\xff"])
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(Rejected) as caught:
        lines(tmp_path, "a.csv", text)
    assert caught.value.problems[0].hint


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_mended_report_of_refused_lines_is_a_file_to_import(tmp_path: Path, name: str) -> None:
    as_csv = name.endswith(".csv")
    one = {"user": "ana", "interaction": "clic_email", "at": "2026-03-02T09:00:00Z"}
    text = ",".join(one) + "\n" + ",".join(one.values()) + "\n" if as_csv else msgspec.json.encode(one).decode() + "\n"
    (line,) = lines(tmp_path, name, text)
    problem = Problem(code="x", path="interaction", message="there is no such", line=2)
    report = tmp_path / f"refused-{name}"
    for _ in range(2):
        write_refused([(line, problem)], report, as_csv=as_csv)
    again = list(read_interactions(report))
    assert [each.fields for each in again] == [line.fields, line.fields]
    assert again[0].given["reason"] == "interaction: there is no such"
    assert again[0].given["line"] == (str(line.number) if as_csv else line.number)
