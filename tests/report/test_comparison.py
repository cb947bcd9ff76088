"""The paper's tables from synthetic evaluations: means over seeds, the right rows, provenance."""

import csv
from dataclasses import asdict
from pathlib import Path

import pytest

from jukedrummer.config import LM, VQVAE, LMConfig, MelConfig, parse_kind
from jukedrummer.errors import UserError
from jukedrummer.evaluation.likelihood import TRUE_INPUT, conditions_of
from jukedrummer.evaluation.metrics import all_metrics
from jukedrummer.evaluation.reference import ANNOTATED, TRACKED
from jukedrummer.report.comparison import LANGUAGE, rhythm_columns, write_comparison
from jukedrummer.storage.files import read_json, write_json
from jukedrummer.storage.weights import describe

SHIFTS = {
    "generated": 0.0,
    "silence": -0.7,
    "other_song": -0.5,
    "click_kit": 0.05,
    "nearest_tempo": 0.02,
    "click_kit_true": 0.06,
    "generated_true": 0.01,
    "codec": 0.1,
    "real": 0.2,
}


def interval(mean: float | None) -> dict:
    return {"mean": mean, "low": mean, "high": mean, "n": 3}


def lm(**values: object) -> LMConfig:
    return parse_kind(LM, values, "lm")


def write_run(
    folder: Path, name: str, config: LMConfig, score: float, songs: int = 3
) -> tuple[Path, Path]:
    """A language model's description, and an evaluation whose numbers depend on `score`."""
    info = describe("lm", config, MelConfig(), sizes={}, step=1, metrics={}, data_sha256="data")
    write_json(folder / "lm" / name / "model.json", asdict(info))
    conditions = [name for name in conditions_of(config) if name != TRUE_INPUT]
    rungs = {
        rung: {metric.name: interval(score + shift) for metric in all_metrics()}
        for rung, shift in SHIFTS.items()
    }
    rungs["generated"]["tempo_deviation"] = interval(None)
    metrics = {
        "songs": songs,
        "reference": {ANNOTATED: 1, TRACKED: songs - 1},
        "stems": {"true": songs, "separated": 0},
        "transcriber": "0abc",
        "known_strokes": ["click_kit", "click_kit_true"],
        "tolerance_ms": 30.0,
        "rungs": rungs,
        "accuracy": interval(score / 2),
        "listening": {
            "bits": {"true_input": interval(2 - score)},
            "costs": {condition: interval(0.25) for condition in conditions},
        },
    }
    write_json(folder / "evaluation" / name / "metrics.json", metrics)
    return folder / "lm" / name, folder / "evaluation" / name


def write_vqvae(folder: Path, part: str) -> Path:
    metrics = {
        "loss": 0.2,
        "reconstruction": 0.125,
        "used": 30,
        "perplexity": 20.5,
        "usage": [1] * 32,
    }
    info = describe(
        "vqvae",
        parse_kind(VQVAE, {}, "vqvae"),
        MelConfig(),
        part=part,
        sizes={},
        step=1,
        metrics=metrics,
        data_sha256="data",
    )
    write_json(folder / "vqvae" / part / "model.json", asdict(info))
    return folder / "vqvae" / part


def read(folder: Path, name: str) -> dict[tuple[str, ...], dict[str, dict[str, str]]]:
    """The table's rows by their labels, then their columns."""
    rows: dict = {}
    with (folder / f"{name}.tsv").open() as file:
        for line in csv.DictReader(file, delimiter="\t"):
            labels = tuple(
                line[name]
                for name in ("family", "beats", "encoder", "part", "codes")
                if name in line
            )
            rows.setdefault(labels, {})[line["column"]] = line
    return rows


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("results")
    runs = [
        write_run(tmp_path, "noenc_low", lm(beats="low", encoder=False), 0.3),
        write_run(tmp_path, "high", lm(beats="high", optim={"seed": 0}), 0.6),
        write_run(tmp_path, "high_seed1", lm(beats="high", optim={"seed": 1}), 0.8),
        write_run(tmp_path, "none", lm(beats="none"), 0.5),
        write_run(tmp_path, "wide", lm(beats="none", width=384), 0.5),
    ]
    vqvaes = [write_vqvae(tmp_path, part) for part in ("drums", "drumless")]
    write_comparison(
        [folder for folder, _ in runs],
        [judged for _, judged in runs],
        vqvaes,
        tmp_path / "tables",
        "make",
    )
    return tmp_path / "tables"


def test_each_table_is_there_in_every_form(tables: Path) -> None:
    kinds = ("tsv", "md", "html", "tex", "svg", "png")
    names = {
        f"{name}.{kind}" for name in ("reconstruction", "language", "rhythm") for kind in kinds
    }
    assert {path.name for path in tables.iterdir()} == names
    assert (tables / "rhythm.png").read_bytes().startswith(b"\x89PNG")


def test_an_experiment_is_the_mean_of_its_seeds_and_others_have_rows_of_their_own(
    tables: Path,
) -> None:
    rows = read(tables, "language")
    assert set(list(rows)[:2]) == {
        (f"listening ({run})", "none", "encoder") for run in ("none", "wide")
    }
    assert list(rows)[2:] == [("listening", "high", "encoder"), ("listening", "low", "no encoder")]
    bits = rows["listening", "high", "encoder"]["bits"]
    assert float(bits["mean"]) == pytest.approx(1.3)
    assert float(bits["deviation"]) == pytest.approx(0.1414, abs=1e-4)
    assert bits["n"] == "2"
    assert float(rows["listening", "high", "encoder"]["accuracy"]["mean"]) == pytest.approx(0.35)
    assert bits["command"] == f"make {tables.parent}/lm_high {tables.parent}/lm_high_seed1"
    assert len({row["bits"]["config_sha256"] for row in rows.values()}) == 4
    assert set(rows["listening", "high", "encoder"]) == {
        column.name for column in LANGUAGE.values()
    }


def test_an_input_that_a_model_does_not_receive_has_no_cost(tables: Path) -> None:
    rows = read(tables, "language")
    assert rows["listening", "low", "no encoder"]["no_drumless"]["mean"] == ""
    assert rows["listening", "low", "no encoder"]["no_beats"]["mean"] == "0.25"
    assert rows["listening (none)", "none", "encoder"]["no_beats"]["mean"] == ""


def test_what_no_model_was_trained_for_is_not_in_the_table(tmp_path: Path) -> None:
    config = lm(beats="low", drop_drumless=0.0, drop_beats=0.0)
    lm_folder, evaluation = write_run(tmp_path, "low", config, 0.5)
    vqvaes = [write_vqvae(tmp_path, "drums")]
    write_comparison([lm_folder], [evaluation], vqvaes, tmp_path / "tables", "make")
    (row,) = read(tmp_path / "tables", "language").values()
    assert set(row) == {"bits", "accuracy", "other_drumless", "other_beats"}
    drawn = (tmp_path / "tables" / "language.html").read_text().partition("<svg")[2]
    assert "recording costs" in drawn
    assert "no recording costs" not in drawn


def test_the_table_of_rhythm_states_what_the_beats_are_compared_with(tables: Path) -> None:
    text = (tables / "rhythm.md").read_text()
    assert "with annotations in 1 of them, and in 2 with the beats tracked on the full mix" in text
    machines = "a drum machine on the tracked beats and a drum machine on the true beats"
    assert f"The strokes of {machines} are known." in text


def test_the_table_of_rhythm_has_rows_of_other_drums(tables: Path) -> None:
    rows = read(tables, "rhythm")
    assert set(rows["listening", "high", "encoder"]) == {
        column.name for column in rhythm_columns().values()
    }
    assert float(rows["listening", "high", "encoder"]["beat_f1"]["mean"]) == pytest.approx(0.7)
    assert rows["listening", "high", "encoder"]["tempo_deviation"]["mean"] == ""
    assert list(rows)[-7:] == [
        ("", "", "silence"),
        ("", "", "another song's drums"),
        ("", "", "a drum machine on the tracked beats"),
        ("", "", "a training song's drums, nearest in tempo, on the tracked bars"),
        ("", "", "a drum machine on the true beats"),
        ("", "", "the real drums through VQ-VAE and vocoder"),
        ("", "", "the real drums"),
    ]
    assert rows["", "", "the real drums"]["beat_f1"]["command"] == f"make {tables.parent}/baselines"


def test_the_table_has_the_vqvaes_own_numbers(tables: Path) -> None:
    rows = read(tables, "reconstruction")
    assert list(rows) == [("drums", "32"), ("drumless", "32")]
    values = {name: float(line["mean"]) for name, line in rows["drums", "32"].items()}
    assert values == {"mse": 0.125, "used": 30, "perplexity": 20.5}


def test_an_evaluation_from_before_a_metric_is_an_error(tmp_path: Path) -> None:
    lm_folder, evaluation = write_run(tmp_path, "a", lm(), 0.5)
    metrics = read_json(evaluation / "metrics.json")
    del metrics["rungs"]["generated"]["mel_distance"]  # not in the table of rhythm
    write_json(evaluation / "metrics.json", metrics)
    vqvaes = [write_vqvae(tmp_path, "drums")]
    write_comparison([lm_folder], [evaluation], vqvaes, tmp_path / "tables", "make")
    del metrics["rungs"]["generated"]["density"]
    write_json(evaluation / "metrics.json", metrics)
    with pytest.raises(UserError, match=r"a/metrics\.json: was made before the metric density was"):
        write_comparison([lm_folder], [evaluation], vqvaes, tmp_path / "other", "make")


def test_evaluations_of_other_runs_or_songs_are_errors(tmp_path: Path) -> None:
    first = write_run(tmp_path, "a", lm(), 0.5)
    other = write_run(tmp_path, "b", lm(beats="low"), 0.5, songs=2)
    vqvaes = [write_vqvae(tmp_path, "drums")]
    with pytest.raises(UserError, match="is not of the language model"):
        write_comparison([first[0]], [other[1]], vqvaes, tmp_path / "tables", "make")
    with pytest.raises(
        UserError, match=r"has 2 held-out songs, .* 3 held-out songs; evaluate both again"
    ):
        write_comparison(
            [first[0], other[0]], [first[1], other[1]], vqvaes, tmp_path / "tables", "make"
        )
    assert not (tmp_path / "tables").exists()


def write_away_run(
    folder: Path, name: str, config: LMConfig, away: dict[str, float]
) -> tuple[Path, Path]:
    """`write_run` with a score of 0.5 at home, and away songs: three of each source by score."""
    lm_folder, evaluation = write_run(folder, name, config, 0.5)
    metrics = read_json(evaluation / "metrics.json")
    sources = {}
    for source, score in away.items():
        write_run(folder / source, name, config, score)
        sources[source] = read_json(folder / source / "evaluation" / name / "metrics.json")
    both = {**next(iter(sources.values())), "songs": 3 * len(away)}
    metrics["away"] = both
    if len(away) > 1:
        metrics["away_by_source"] = sources
    write_json(evaluation / "metrics.json", metrics)
    return lm_folder, evaluation


def test_away_songs_have_columns_or_rows_beside_those_of_home_songs(tmp_path: Path) -> None:
    runs = [
        write_away_run(tmp_path, name, lm(beats=name), {"band": 0.3, "folk": 0.2})
        for name in ("high", "low")
    ]
    vqvaes = [write_vqvae(tmp_path, "drums")]
    write_comparison(*map(list, zip(*runs, strict=True)), vqvaes, tmp_path / "tables", "make")
    for name, column, values, place in (
        ("rhythm", "beat_f1", ["0.5", "0.3", "0.3", "0.2"], "set"),
        ("language", "accuracy", ["0.25", "0.15", "0.15", "0.1"], "column_group"),
    ):
        with (tmp_path / "tables" / f"{name}.tsv").open() as file:
            lines = [
                line
                for line in csv.DictReader(file, delimiter="\t")
                if (line["beats"], line["column"]) == ("high", column)
            ]
        sets = ["Home", "Away", "Away: band", "Away: folk"]
        assert [line[place] for line in lines] == sets
        assert [line["mean"] for line in lines] == values
        text = (tmp_path / "tables" / f"{name}.md").read_text()
        assert "3 home songs and 6 away songs (3 of band, 3 of folk)" in text
        assert "Nothing was trained or tuned on either." in text
    with (tmp_path / "tables" / "rhythm.tsv").open() as file:
        machine = [
            float(line["mean"])
            for line in csv.DictReader(file, delimiter="\t")
            if (line["encoder"], line["column"])
            == ("a drum machine on the tracked beats", "beat_f1")
        ]
    assert machine == pytest.approx([0.55, 0.35, 0.35, 0.25])


def test_without_away_songs_no_column_says_home(tables: Path) -> None:
    for name in ("rhythm", "language"):
        for suffix in ("md", "tsv"):
            text = (tables / f"{name}.{suffix}").read_text()
            assert "home" not in text.lower()
            assert "away" not in text.lower()


def test_runs_with_and_without_away_songs_are_not_one_table(tmp_path: Path) -> None:
    runs = [
        write_away_run(tmp_path, "a", lm(), {"band": 0.3}),
        write_run(tmp_path, "b", lm(beats="low"), 0.5),
    ]
    with pytest.raises(UserError, match=r"has 3 held-out songs, .* 3 home songs and 3 away songs"):
        write_comparison(*map(list, zip(*runs, strict=True)), [], tmp_path / "tables", "make")
