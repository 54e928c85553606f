"""Every numbered rule of the system has a test that names it in a comment, as `# D2`."""

import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
RULES = {"L": 7, "I": 3, "T": 11, "D": 4, "X": 6, "S": 14, "R": 3, "V": 3, "C": 5, "A": 5, "F": 3, "O": 5}
NUMBER = re.compile(r"\b([A-Z]\d{1,2})\b")


def comments(path: Path) -> Iterator[str]:
    with tokenize.open(path) as lines:
        for token in tokenize.generate_tokens(lines.readline):
            if token.type == tokenize.COMMENT:
                yield token.string


NAMED = {
    number for path in TESTS.rglob("test_*.py") for comment in comments(path) for number in NUMBER.findall(comment)
}


@pytest.mark.parametrize("letter", RULES)
def test_every_rule_is_named_by_a_test(letter: str) -> None:
    assert [rule for n in range(1, RULES[letter] + 1) if (rule := f"{letter}{n}") not in NAMED] == []
