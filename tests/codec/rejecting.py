"""Reads what must be refused, and returns the problems.

One rule: what is not refused fails the test.
"""

import pytest

from ensue.codec.build import build
from ensue.codec.yaml import load_documents
from ensue.errors import Problem, Rejected


def problems_of(kind: object, data: object) -> list[Problem]:
    with pytest.raises(Rejected) as caught:
        build(kind, data)
    return list(caught.value.problems)


def problem_of(kind: object, data: object) -> Problem:
    (problem,) = problems_of(kind, data)
    return problem


def problems_in(text: str) -> list[Problem]:
    with pytest.raises(Rejected) as caught:
        load_documents(text, "file.yaml")
    return list(caught.value.problems)


def problem_in(text: str) -> Problem:
    (problem,) = problems_in(text)
    return problem
