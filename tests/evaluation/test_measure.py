"""The table of measures, also with a new metric."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from jukedrummer.errors import UserError
from jukedrummer.evaluation import measure, metrics
from jukedrummer.evaluation.metrics import Track, all_metrics, measure_track
from jukedrummer.evaluation.reference import ANNOTATED, Reference
from jukedrummer.evaluation.rungs import LADDER
from jukedrummer.registry import Registry
from tests.evaluation.helpers.corpus import SECONDS, Corpus, beats_of, clicks


def test_songs_tsv_comes_back_as_it_was(baselines: Path, tmp_path: Path) -> None:
    rungs = measure.read_measured(baselines / "songs.tsv")
    assert list(rungs) == [rung.name for rung in LADDER if rung.make]
    songs = [Reference(song, tmp_path, np.zeros((0, 2)), ANNOTATED) for song in SECONDS]
    rungs["real"]["slow"] = {**rungs["real"]["slow"], "grid_share": math.nan}
    measure.write_songs(tmp_path / "again.tsv", rungs, songs)
    again = measure.read_measured(tmp_path / "again.tsv")
    assert math.isnan(again["real"]["slow"]["grid_share"])
    for song, measures in rungs["codec"].items():
        assert again["codec"][song] == pytest.approx(measures, abs=0, nan_ok=True)
    with (tmp_path / "again.tsv").open() as file:
        assert {row["reference"] for row in csv.DictReader(file, delimiter="\t")} == {ANNOTATED}


def test_the_built_in_metrics_come_first() -> None:
    assert [metric.name for metric in all_metrics()][:9] == [
        "beat_f1",
        "downbeat_f1",
        "grid_share",
        "grid_chance",
        "grid_skill",
        "tempo_deviation",
        "density",
        "stft_distance",
        "mel_distance",
    ]


def test_a_new_family_adds_its_metrics_at_the_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = [metric.name for metric in all_metrics()]
    families = Registry(
        "metric",
        "jukedrummer.evaluation.metrics",
        first=metrics.FAMILIES.names,
        added="tests.evaluation.helpers.toy_metric",
    )
    monkeypatch.setattr(metrics, "FAMILIES", families)
    assert [metric.name for metric in all_metrics()] == [*before, "toy"]
    reference = Reference("slow", tmp_path, np.zeros((0, 2)), ANNOTATED)
    values = {metric.name: float(place) for place, metric in enumerate(all_metrics())}
    measure.write_songs(tmp_path / "songs.tsv", {"real": {"slow": values}}, [reference])
    assert measure.read_measured(tmp_path / "songs.tsv") == {"real": {"slow": values}}
    assert list(measure.summarise({"slow": values}, 100))[-1] == "toy"


def test_results_from_before_a_metric_name_it_and_the_command(
    baselines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Registry("metric", toy="tests.evaluation.helpers.toy_metric")
    monkeypatch.setattr(metrics, "FAMILIES", [*metrics.FAMILIES, *own])
    with pytest.raises(UserError) as caught:
        measure.read_measured(baselines / "songs.tsv")
    assert str(caught.value) == (
        f"{baselines / 'songs.tsv'}: was made before the metric toy was added; "
        "run: snakemake --forcerun baselines -- <targets>"
    )


def test_shared_results_of_metrics_are_computed_once(corpus: Corpus) -> None:
    calls: list[Track] = []
    reference = Reference("slow", corpus[0] / "slow", beats_of("slow"), ANNOTATED)
    track = Track(clicks(6.0, beats_of("slow")[:, 0]), beats_of("slow"), reference, 0.03)

    def count(given: Track) -> int:
        calls.append(given)
        return len(given.onsets)

    assert [track.once(count) for _ in range(3)] == [len(beats_of("slow"))] * 3
    assert calls == [track]
    assert track.onsets is track.onsets
    assert measure_track(track)["beat_f1"] == 1
