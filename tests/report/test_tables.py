"""Tables: bold values, missing values, and invalid values."""

import math

import numpy as np
import pytest

from jukedrummer.beats.trackers.madmom import MadmomConfig
from jukedrummer.evaluation.statistics import Interval
from jukedrummer.report.tables import MISSING, Table, Value, hash_settings
from tests.report.helpers.results import COLUMNS, PROVENANCE, row, small_table


@pytest.fixture
def table() -> Table:
    return small_table()


def best(table: Table, column: int) -> list[int]:
    return sorted(index for index, place in table.best() if place == column)


def test_best_is_by_group_direction_and_what_is_shown(table: Table) -> None:
    assert best(table, 0) == [1]  # lower is better; the second group has only one known value
    assert best(table, 1) == [0, 1, 3]  # 0.50 and 0.50 are shown as the same
    assert best(table, 2) == []


def test_a_single_row_is_not_the_best(table: Table) -> None:
    alone = Table("x", "x", "x", table.labels, COLUMNS, table.rows[:1], PROVENANCE)
    assert alone.best() == set()


def test_over_seeds_is_mean_and_sample_deviation() -> None:
    values = [0.7, 0.9, 0.8]
    value = Value.over_seeds([*values, math.nan])
    assert (value.mean, value.n) == (pytest.approx(np.mean(values)), 3)
    assert value.deviation == pytest.approx(np.std(values, ddof=1))
    assert math.isnan(Value.over_seeds([0.5]).deviation)
    assert Value.over_seeds([math.nan]) is MISSING


def test_over_songs_is_the_interval() -> None:
    value = Value.over_songs(Interval(0.5, 0.4, 0.7, 9))
    assert (value.mean, value.low, value.high, value.n) == (0.5, 0.4, 0.7, 9)
    assert math.isnan(Value.over_songs(Interval(0.5, 0.4, 0.7, 4)).low), "too few songs"


def test_values_come_from_json() -> None:
    value = Value.from_json({"mean": 0.5, "low": 0.4, "high": 0.7, "n": 9})
    assert value == Value(0.5, low=0.4, high=0.7, n=9)
    nothing = Value.from_json({"mean": None, "low": None, "high": None, "n": 0})
    assert math.isnan(nothing.mean)
    assert nothing.n == 0


def test_infinite_or_doubly_uncertain_values_are_an_error(table: Table) -> None:
    with pytest.raises(ValueError, match="infinite"):
        Value(math.inf)
    with pytest.raises(ValueError, match="an interval and a deviation"):
        Value(1.0, low=0.5, high=1.5, deviation=0.1)
    with pytest.raises(ValueError, match="has 1 labels and 3 values, expected 2 and 3"):
        Table("x", "x", "x", table.labels, COLUMNS, (row(("one",), 1, 2, 3),), PROVENANCE)
    with pytest.raises(ValueError, match="called the same"):
        Table("x", "x", "x", ("a",), (COLUMNS[0], COLUMNS[0]), (), PROVENANCE)


def test_same_settings_same_hash() -> None:
    assert hash_settings(beats=MadmomConfig()) == hash_settings(beats=MadmomConfig())
    assert hash_settings(beats=MadmomConfig()) != hash_settings(beats=MadmomConfig(networks=1))
