"""Buckets: the arithmetic that everybody can repeat, and the slices made of it."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.core.buckets import BUCKETS, bucket, in_global_control, own_bucket, slice_of

HALVES = (("A", 37.5), ("B", 37.5))


@pytest.mark.parametrize(("user", "expected"), [("ana", 8162), ("bo", 9038), ("cy", 7081), ("dee", 7065)])
def test_the_bucket_is_the_first_eight_bytes_of_the_hash_modulo_ten_thousand(user: str, expected: int) -> None:  # V1
    assert bucket("newsletter", user) == expected
    assert int(sha256(f"newsletter:{user}".encode()).hexdigest()[:16], 16) % 10_000 == expected


def test_with_a_quarter_in_control_ana_and_bo_get_no_newsletter() -> None:  # V1
    slices = {user: slice_of(bucket("newsletter", user), (("A", 75),)) for user in ("ana", "bo", "cy", "dee")}

    assert slices == {"ana": None, "bo": None, "cy": "A", "dee": "A"}


def test_ids_outside_of_ascii_are_hashed_as_utf_8() -> None:  # V1
    digest = sha256(b"nyhetsbrev:\xc3\xa5sa").digest()

    assert bucket("nyhetsbrev", "åsa") == int.from_bytes(digest[:8], "big") % 10_000


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "A"), (3749, "A"), (3750, "B"), (7499, "B"), (7500, None), (9999, None)]
)
def test_slices_lie_in_the_order_of_the_variations_and_control_last(number: int, expected: str | None) -> None:  # V1
    assert slice_of(number, HALVES) == expected


def test_no_error_of_a_float_moves_a_border() -> None:  # V1
    tenths = tuple((str(number), 0.1) for number in range(8))  # 8 × 0.1 is 0.7999999999999999
    thirds = (("A", 33.333), ("B", 33.333), ("C", 33.333))

    assert slice_of(79, tenths) == "7"
    assert slice_of(80, tenths) is None
    assert slice_of(28, (("A", 0.29),)) == "A"  # 0.29 × 100 is 28.999999999999996
    assert slice_of(BUCKETS - 1, thirds) == "C"


@given(st.lists(st.integers(0, 1250), min_size=1, max_size=8))
def test_a_slice_holds_exactly_its_share_of_the_buckets(hundredths: list[int]) -> None:  # V1
    shares = tuple((str(index), share / 100) for index, share in enumerate(hundredths))
    edges = [0]
    for share in hundredths:
        edges.append(edges[-1] + share)

    for index, share in enumerate(hundredths):
        if share:
            assert slice_of(edges[index], shares) == str(index)
            assert slice_of(edges[index + 1] - 1, shares) == str(index)
    assert edges[-1] == BUCKETS or slice_of(edges[-1], shares) is None


def test_the_own_bucket_decides_about_the_global_control_group() -> None:  # V3
    assert own_bucket("cy") == bucket("user", "cy") == 1675
    assert in_global_control("cy", 16.76)
    assert not in_global_control("cy", 16.75)
    assert not any(in_global_control(f"user-{number}", 0) for number in range(100))


def test_users_spread_evenly_over_the_buckets() -> None:
    tenths = [0] * 10
    for number in range(5_000):
        tenths[bucket("newsletter", f"user-{number}") // 1_000] += 1

    assert min(tenths) > 400
    assert max(tenths) < 600
