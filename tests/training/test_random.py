"""The seed of a step equals CPython's hash of a tuple, in every Python."""

import itertools
import platform
import sys

import pytest

from jukedrummer.training.random import random_for, step_seed


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0, 0, 0), 3_010_437_511_937_009_226),
        ((0, 1, 0), 7_619_408_953_831_620_358),
        ((0, 0, 1), -1_882_636_517_035_687_140),
        ((3, 12, 1), 8_549_455_665_230_268_221),
        ((2**31 - 1, 99_999_999, 7), -5_324_877_173_324_665_340),
    ],
)
def test_the_seed_of_a_step_is_fixed(values: tuple[int, int, int], expected: int) -> None:
    assert step_seed(*values) == expected


@pytest.mark.skipif(
    platform.python_implementation() != "CPython" or sys.hash_info.width != 64,
    reason="hashes of tuples are those of 64-bit CPython",
)
def test_it_is_the_hash_that_former_versions_used() -> None:
    numbers = (0, 1, 2, 3, 255, 10_000, 2**31 - 1, 2**32, 2**53 + 1, 2**61 - 2)
    for values in itertools.product(numbers, repeat=3):
        assert step_seed(*values) == hash(values)


def test_the_examples_of_a_step_depend_on_seed_and_step_alone() -> None:
    draws = {
        (seed, step): random_for(seed, step).integers(2**40)
        for seed, step in itertools.product(range(3), repeat=2)
    }
    assert len(set(draws.values())) == len(draws)
    assert draws[1, 2] == random_for(1, 2).integers(2**40)
