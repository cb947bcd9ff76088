"""The presentation of numbers."""

import math

import pytest

from jukedrummer.report.table_view import number


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (0.125, 2, "0.12"),
        (-1.25, 1, "−1.2"),
        (-0.001, 2, "0.00"),
        (12345.6, 0, "12,346"),
        (math.nan, 3, "–"),
        (-0.0, 0, "0"),
        (100.0, 0, "100"),
    ],
)
def test_numbers(value: float, decimals: int, shown: str) -> None:
    assert number(value, decimals) == shown


def test_signed_numbers() -> None:
    shown = [number(value, 2, signed=True) for value in (0.481, -0.02, 0.001, -0.001, math.nan)]
    assert shown == ["+0.48", "−0.02", "0.00", "0.00", "–"]
