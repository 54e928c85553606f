"""What every store does with operators, their sessions and what was changed."""

import pytest
from msgspec.structs import replace

from ensue.operators import Change, Operator, Operators, Session
from ensue.ports import Store
from tests.conformance.samples import at


def operator(identity: str, *, minutes: float = 0) -> Operator:
    return Operator(id=identity, name=f"Name {identity}", role="editor", created_at=at(minutes))


def session(digit: str, operator: str = "a", *, until: float = 60) -> Session:
    return Session(digest=digit * 64, operator=operator, created_at=at(0), expires_at=at(until))


def change(what: str) -> Change:
    return Change(at=at(1), who="Ana", action="launched", target=what, detail="version 2")


@pytest.fixture
def operators(store: Store) -> Operators:
    store.operators.save(operator("a"))
    return store.operators


def test_operators_are_replaced_and_come_by_age(operators: Operators) -> None:
    full = Operator(
        id="b",
        name="Bo",
        email="bo@example.com",
        role="owner",
        password="a hash",
        link="1" * 64,
        link_until=at(9),
        created_at=at(-1),
        disabled_at=at(5),
    )
    operators.save(operator("b"))
    operators.save(full)
    assert operators.all() == [full, operator("a")]


def test_a_session_is_found_with_its_operator_as_it_stands_now(operators: Operators) -> None:
    operators.save_session(session("1"))
    assert operators.find_session("1" * 64) == (session("1"), operator("a"))
    shut = replace(operator("a"), disabled_at=at(3))
    operators.save(shut)
    assert operators.find_session("1" * 64) == (session("1"), shut)
    assert operators.find_session("2" * 64) is None


def test_sessions_end_one_by_one_by_operator_and_by_time(operators: Operators) -> None:
    operators.save(operator("b"))
    for one in (session("1"), session("2"), session("3", "b"), session("4", "b", until=5), session("5", until=6)):
        operators.save_session(one)
    operators.end_session("1" * 64)
    operators.end_session("absent")
    assert found(operators) == {"2", "3", "4", "5"}
    operators.forget_sessions(at(5))
    assert found(operators) == {"2", "3", "5"}
    operators.end_sessions("a")
    assert found(operators) == {"3"}


def test_changes_are_numbered_and_come_the_latest_first(operators: Operators) -> None:
    for name in "abcde":
        operators.log_change(change(name))
    assert [one.target for one in operators.changes()] == list("edcba")
    assert [one.target for one in operators.changes(limit=2)] == ["e", "d"]
    (second, first) = operators.changes(before=3)
    assert (second, first.target) == (replace(change("b"), number=2), "a")
    assert operators.changes(before=1) == []


def test_a_transaction_that_fails_leaves_operators_sessions_and_changes_as_they_were(store: Store) -> None:
    store.operators.save(operator("a"))
    store.operators.save_session(session("1"))

    def fail() -> None:
        with store.transaction():
            store.operators.save(operator("b"))
            store.operators.end_sessions("a")
            store.operators.log_change(change("a"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert store.operators.all() == [operator("a")]
    assert found(store.operators) == {"1"}
    assert store.operators.changes() == []


def found(operators: Operators) -> set[str]:
    return {digit for digit in "12345" if operators.find_session(digit * 64)}
