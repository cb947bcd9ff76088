"""Paired comparisons, with counts that are known."""

import math

import numpy as np
import pytest

from jukedrummer.evaluation.metrics import Metric, all_metrics
from jukedrummer.evaluation.paired import compare_rungs, paired_comparisons, sign_test

METRICS = {metric.name: metric for metric in all_metrics()}
Values = list[float]


def measured(metric: Metric, **rungs: Values) -> dict[str, dict[str, dict[str, float]]]:
    """All other metrics are NaN."""
    names = {"generated", "click_kit", "nearest_tempo", "real"} | set(rungs)
    count = len(rungs["generated"])
    nothing = dict.fromkeys(METRICS, math.nan)
    return {
        rung: {
            str(song): {**nothing, metric.name: value}
            for song, value in enumerate(rungs.get(rung, [math.nan] * count))
        }
        for rung in names
    }


def test_more_is_nearer_where_more_is_better() -> None:
    metric = METRICS["pattern"]
    values = measured(
        metric, generated=[0.9, 0.5, 0.4, 0.3, math.nan], click_kit=[0.5, 0.6, 0.4, 0.1, 0.2]
    )
    result = compare_rungs(values, metric, "click_kit", 200)
    assert (result.nearer, result.farther, result.songs) == (2, 1, 4)
    assert result.difference.mean == pytest.approx(np.mean([0.4, -0.1, 0, 0.2]))
    assert result.p == 1
    both = paired_comparisons(values, 200)
    assert list(both) == ["pattern"]
    assert list(both["pattern"]) == ["click_kit"]
    assert both["pattern"]["click_kit"]["nearer"] == 2


def test_values_near_those_of_the_real_drums_are_nearer_where_no_direction_is_better() -> None:
    metric = METRICS["timing_spread"]
    assert metric.better is None
    values = measured(
        metric, generated=[8.0, 30.0, 9.0], click_kit=[0.0, 0.0, 0.0], real=[10.0, 12.0, math.nan]
    )
    result = compare_rungs(values, metric, "click_kit", 200)
    assert (result.nearer, result.farther, result.songs) == (1, 1, 2)
    assert result.difference.mean == 19


def test_without_a_transcriber_there_are_no_comparisons() -> None:
    assert paired_comparisons(measured(METRICS["pattern"], generated=[math.nan] * 3), 200) == {}


def test_the_sign_test_counts_splits_at_least_as_uneven() -> None:
    for songs in range(1, 13):
        for nearer in range(songs + 1):
            splits = [
                math.comb(songs, k)
                for k in range(songs + 1)
                if abs(2 * k - songs) >= abs(2 * nearer - songs)
            ]
            assert sign_test(nearer, songs - nearer) == pytest.approx(sum(splits) / 2**songs)
    assert sign_test(0, 0) == 1
