"""How sure one can be: against published figures, and against another implementation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ensue.services.comparing import Group, compare, rate, wilson


def test_the_interval_is_the_published_one() -> None:
    # Newcombe (1998), Statistics in Medicine 17, 873-890, table II, contrast (a): 56/70 - 48/80, method 10
    found = compare(Group(size=70, converted=56), Group(size=80, converted=48))
    assert (found.difference, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert found.uplift == pytest.approx(1 / 3)
    assert found.is_sure


@given(st.integers(200, 5000), st.integers(200, 5000), st.integers(10, 190), st.integers(10, 190))
def test_interval_and_p_value_are_those_of_another_implementation(n: int, m: int, x: int, y: int) -> None:
    one, other = Group(size=n, converted=x), Group(size=m, converted=y)
    found = compare(one, other)
    interval = stats.binomtest(x, n).proportion_ci(0.95, method="wilson")
    assert wilson(one) == pytest.approx((interval.low, interval.high))
    table = [[x, n - x], [y, m - y]]
    if found.missing is None:
        assert found.p_value == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, abs=1e-12)
        assert found.low is not None
        assert found.high is not None
        assert found.low <= x / n - y / m <= found.high
    else:
        assert stats.contingency.expected_freq(table).min() < 5


def test_swapping_the_groups_turns_the_difference_around() -> None:
    one, other = Group(size=1000, converted=120), Group(size=900, converted=70)
    found, turned = compare(one, other), compare(other, one)
    assert found.low == pytest.approx(-turned.high)  # type: ignore[operator]  # there is enough data
    assert found.p_value == pytest.approx(turned.p_value)


def test_nothing_is_said_of_small_groups() -> None:
    assert compare(Group(size=29, converted=20), Group(size=5000, converted=2500)).missing == "small_group"
    assert compare(Group(size=5000, converted=20), Group(size=0, converted=0)).missing == "small_group"


def test_nothing_is_said_where_too_few_conversions_are_to_be_expected() -> None:
    found = compare(Group(size=1000, converted=3), Group(size=100, converted=0))
    assert (found.missing, found.p_value, found.low, found.is_sure) == ("few_conversions", None, None, False)
    everybody = compare(Group(size=100, converted=100), Group(size=100, converted=100))
    assert everybody.missing == "few_conversions"


def test_nothing_is_said_where_more_converted_than_were_sent() -> None:
    group = Group(size=100, converted=101)
    assert compare(group, Group(size=100, converted=50)).missing == "more_than_sent"
    assert rate(group) is None


def test_no_uplift_is_relative_to_nothing() -> None:
    found = compare(Group(size=1000, converted=40), Group(size=1000, converted=0))
    assert found.uplift is None
    assert found.difference == pytest.approx(0.04)
    assert found.is_sure


def test_ten_million_are_compared_like_a_hundred() -> None:
    found = compare(Group(size=10_000_000, converted=510_000), Group(size=1_000_000, converted=50_000))
    assert found.uplift == pytest.approx(0.02)
    assert found.p_value is not None
    assert found.p_value < 1e-4
    assert rate(Group(size=0, converted=0)) is None
