"""baselines and evaluate on songs of clicks, with a tracker that hears each click as a beat."""

import csv
import json
import math
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import soundfile

from jukedrummer.audio.io import SAMPLE_RATE, read_audio, write_audio
from jukedrummer.beats.annotations import write_beats
from jukedrummer.beats.clips import SongRow
from jukedrummer.beats.tracker import Tracked
from jukedrummer.config import BeatsConfig, EvaluateConfig
from jukedrummer.corpus.manifest import Song, write_manifest
from jukedrummer.errors import UserError
from jukedrummer.evaluation import baselines as ladder
from jukedrummer.evaluation import evaluate as judge
from jukedrummer.evaluation import measure
from jukedrummer.evaluation.metrics import detect_onsets
from jukedrummer.storage.files import read_json, read_rows, rows_text, write_text

Corpus = tuple[Path, list[Path]]
CONFIG = EvaluateConfig(bootstrap=200)
SECONDS = {"slow": 6.0, "fast": 5.0, "other": 4.0}
PERIODS = {"slow": 0.9, "fast": 0.53, "other": 0.71}
TEMPI = {"slow": 60 / 0.9, "fast": 60 / 0.53, "other": None, "train": 60 / 0.9}


class ClickTracker:
    """Hears each onset as a beat, in 4/4 from the first."""

    def track_many(self, songs: Sequence[np.ndarray], sample_rate: int) -> list[Tracked]:
        assert sample_rate == SAMPLE_RATE
        beats = [detect_onsets(song) for song in songs]
        tables = [np.stack([times, np.arange(len(times)) % 4 + 1], axis=1) for times in beats]
        return [Tracked(table, None, None, 1.0, "click", "1") for table in tables]


@pytest.fixture(scope="module", autouse=True)
def click_tracker() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (ladder, judge):
            patch.setattr(module, "make_judge", lambda config: ClickTracker())
        patch.setattr(ladder, "make_tracker", lambda config: ClickTracker())
        yield


def clicks(seconds: float, times: np.ndarray) -> np.ndarray:
    audio = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    for time in times:
        audio[round(time * SAMPLE_RATE) :][:44] = 0.5
    return audio


def beats_of(song: str) -> np.ndarray:
    times = np.arange(0.25, SECONDS[song] - 0.1, PERIODS[song])
    return np.stack([times, np.arange(len(times)) % 4 + 1], axis=1)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Three held-out songs in two shards, one of them without annotated beats, and one for training.

    The recordings without drums have clicks too: the beats that a tracker hears in them.
    """
    tmp_path = tmp_path_factory.mktemp("corpus")
    songs = []
    rows: dict[int, list[str]] = {0: [], 1: []}
    for number, song in enumerate((*SECONDS, "train")):
        split, name = ("train", "slow") if song == "train" else ("test", song)
        folder = tmp_path / "songs" / song
        folder.mkdir(parents=True)
        if song != "other":
            write_beats(folder / "beats.tsv", beats_of(name))
        songs.append(
            Song(song, split, "stems", folder, None if song == "other" else folder / "beats.tsv")
        )
        pair = tmp_path / "pairs" / str(number % 2) / song
        write_audio(pair / "drums.flac", clicks(SECONDS[name], beats_of(name)[:, 0]))
        write_audio(pair / "drumless.flac", clicks(SECONDS[name], beats_of(name)[:, 0]))
        rows[number % 2].append(
            f"{song}\t{split}\t{round(SECONDS[name] * SAMPLE_RATE)}\t{SECONDS[name]}\t1.0"
        )
    for shard, lines in rows.items():
        header = "song\tsplit\tsamples\tseconds\tgain"
        write_text(
            tmp_path / "pairs" / str(shard) / "pairs.tsv", "\n".join([header, *lines]) + "\n"
        )
    found = [SongRow(s.song, s.split, 5.0, 1, 9, TEMPI[s.song], 0.5, "") for s in songs]
    write_text(tmp_path / "features" / "0.tsv", rows_text(SongRow, found[:1]))
    write_text(tmp_path / "features" / "1.tsv", rows_text(SongRow, found[1:]))
    write_manifest(tmp_path / "manifest.tsv", songs)
    return tmp_path / "manifest.tsv", [tmp_path / "pairs" / "0", tmp_path / "pairs" / "1"]


def tables_of(manifest: Path) -> list[Path]:
    return [manifest.parent / "features" / name for name in ("0.tsv", "1.tsv")]


@pytest.fixture(scope="module")
def baselines(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    manifest, pairs = corpus
    tmp_path = tmp_path_factory.mktemp("ladder")
    quieter_and_shorter = lambda audio: 0.5 * audio[:-100]  # noqa: E731
    ladder.baselines(
        manifest,
        pairs,
        tables_of(manifest),
        quieter_and_shorter,
        tmp_path / "baselines",
        evaluate=CONFIG,
        beats=BeatsConfig(),
    )
    return tmp_path / "baselines"


def test_baselines_write_and_measure_every_rung(baselines: Path) -> None:
    for rung in ladder.RUNGS:
        for song, seconds in SECONDS.items():
            assert soundfile.info(baselines / rung / f"{song}.flac").frames == seconds * SAMPLE_RATE
    metrics = read_json(baselines / "metrics.json")
    assert metrics["songs"] == 3
    assert metrics["reference"] == {"annotated": 2, "tracked on the mix": 1}
    real, other = metrics["rungs"]["real"], metrics["rungs"]["other_song"]
    assert real["beat_f1"]["mean"] == 1
    assert real["downbeat_f1"] == {"mean": 1, "low": 1, "high": 1, "n": 3}
    assert real["mel_distance"]["mean"] == 0
    assert other["beat_f1"]["mean"] < 0.6
    silence, machine = metrics["rungs"]["silence"], metrics["rungs"]["click_kit"]
    assert silence["beat_f1"]["mean"] == silence["density"]["mean"] == 0
    assert silence["grid_share"] == {"mean": None, "low": None, "high": None, "n": 0}
    assert (
        machine["beat_f1"]["mean"] > 0.6
    )  # its hi-hat on eighths is a beat to the tracker of this test
    assert machine["density"]["mean"] > 1.5 * real["density"]["mean"]
    assert 0 < metrics["rungs"]["codec"]["stft_distance"]["mean"] < other["stft_distance"]["mean"]


def test_another_songs_drums_are_anothers_and_looped(baselines: Path) -> None:
    slow, other = (read_audio(baselines / "real" / f"{song}.flac") for song in ("slow", "fast"))
    stand_in = read_audio(baselines / "other_song" / "slow.flac")
    np.testing.assert_array_equal(stand_in, np.resize(other, len(slow)))


@pytest.mark.parametrize("songs", range(2, 12))
def test_nobody_stands_in_for_himself(songs: int) -> None:
    stand_ins = [ladder.other_song(index, songs) for index in range(songs)]
    assert sorted(stand_ins) == list(range(songs))
    assert all(stand_in != index for index, stand_in in enumerate(stand_ins))


def test_the_training_song_is_moved_to_the_bars_of_the_song(baselines: Path) -> None:
    """It has the slow song's beats: nothing changes, and under the fast one its bars start with that."""
    moved, real = (read_audio(baselines / rung / "slow.flac") for rung in ("nearest_tempo", "real"))
    np.testing.assert_allclose(detect_onsets(moved), detect_onsets(real), atol=0.02)
    moved, real = (read_audio(baselines / rung / "fast.flac") for rung in ("nearest_tempo", "real"))
    bars = detect_onsets(real)[::4]
    assert np.abs(detect_onsets(moved)[:, None] - bars).min(axis=0).max() < 0.02
    assert len(detect_onsets(moved)) < len(detect_onsets(real))


def test_a_held_out_song_or_training_songs_missing_from_the_tables_are_errors(
    corpus: Corpus, tmp_path: Path
) -> None:
    manifest, pairs = corpus
    rows = [row for table in tables_of(manifest) for row in read_rows(table, SongRow)]
    for left_out, message in (("slow", "has song slow"), ("train", "has a song of split train")):
        table = tmp_path / f"{left_out}.tsv"
        write_text(table, rows_text(SongRow, [row for row in rows if row.song != left_out]))
        with pytest.raises(
            UserError, match=f"no table of songs {message}; make the features again"
        ):
            ladder.baselines(
                manifest,
                pairs,
                [table],
                lambda audio: audio,
                tmp_path / "out",
                evaluate=CONFIG,
                beats=BeatsConfig(),
            )
    assert not (tmp_path / "out").exists()


def test_songs_tsv_comes_back_as_it_was(baselines: Path, tmp_path: Path) -> None:
    rungs = measure.read_songs(baselines / "songs.tsv")
    assert list(rungs) == list(ladder.RUNGS)
    found = [
        measure.Reference(song, tmp_path, np.zeros((0, 2)), measure.ANNOTATED) for song in SECONDS
    ]
    rungs["real"]["slow"] = measure.Measures(
        **{**asdict(rungs["real"]["slow"]), "grid_share": math.nan}
    )
    measure.write_songs(tmp_path / "again.tsv", rungs, found)
    again = measure.read_songs(tmp_path / "again.tsv")
    assert math.isnan(again["real"]["slow"].grid_share)
    assert again["codec"] == rungs["codec"]
    with (tmp_path / "again.tsv").open() as file:
        assert {row["reference"] for row in csv.DictReader(file, delimiter="\t")} == {
            measure.ANNOTATED
        }


def test_one_held_out_song_is_too_few(tmp_path: Path, corpus: Corpus) -> None:
    manifest, pairs = corpus
    with pytest.raises(UserError, match=r"1 held-out song, 2 are needed; raise corpus.test_share"):
        ladder.baselines(
            manifest,
            pairs[1:],
            tables_of(manifest),
            lambda audio: audio,
            tmp_path / "out",
            evaluate=CONFIG,
            beats=BeatsConfig(),
        )
    assert not (tmp_path / "out").exists()


def language(cost: float, beats: bool = True) -> dict[str, dict[str, float]]:
    told = {"true_input": 0.0, "other_drumless": cost, "no_drumless": cost}
    told |= {"other_beats": 2.0, "no_beats": 1.0} if beats else {}
    return {
        name: {song: 1.5 + index + extra for index, song in enumerate(SECONDS)}
        for name, extra in told.items()
    }


def generate(folder: Path, late: float = 0.0, silent: bool = False) -> Path:
    for song, seconds in SECONDS.items():
        times = beats_of(song)[:, 0] + late
        audio = clicks(seconds, np.zeros(0) if silent else times)
        write_audio(folder / song / "drums.flac", audio)
        write_beats(folder / song / "beats.tsv", beats_of(song))
    return folder


def run(corpus: Corpus, generated: Path, baselines: Path, output: Path, **others: object) -> dict:
    manifest, pairs = corpus
    settings = {"language": language(0.5), "evaluate": CONFIG, "beats": BeatsConfig(), **others}
    settings["accuracy"] = {"song_0": 0.5, "song_1": 0.75}
    judge.evaluate(
        manifest=manifest,
        pairs=pairs,
        generated=generated,
        baselines=baselines,
        output=output,
        **settings,
    )
    return json.loads((output / "metrics.json").read_text())


def test_evaluate_puts_good_drums_at_the_top(
    corpus: Corpus, baselines: Path, tmp_path: Path
) -> None:
    metrics = run(corpus, generate(tmp_path / "generated"), baselines, tmp_path / "evaluation")
    assert list(metrics["rungs"]) == list(judge.RUNGS)
    assert metrics["rungs"]["generated"]["beat_f1"]["mean"] == 1
    assert metrics["comparisons"]["beat_f1_minus_other_song"]["low"] > 0.3
    assert metrics["comparisons"]["beat_f1_of_codec"] == pytest.approx(1)
    assert metrics["comparisons"]["grid_share_of_chance"]["mean"] > 1.5
    assert metrics["input_beats"]["beat_f1"]["mean"] == 1
    assert metrics["accuracy"]["mean"] == 0.625
    assert metrics["listening"]["costs"]["other_drumless"]["mean"] == pytest.approx(0.5)
    theirs = read_json(baselines / "metrics.json")["rungs"]["real"]
    assert metrics["rungs"]["real"]["density"] == pytest.approx(theirs["density"], rel=1e-5)


def test_evaluate_does_not_reward_silence_or_lateness(
    corpus: Corpus, baselines: Path, tmp_path: Path
) -> None:
    metrics = run(corpus, generate(tmp_path / "silent", silent=True), baselines, tmp_path / "a")
    silent = metrics["rungs"]["generated"]
    assert metrics["comparisons"]["grid_share_of_chance"]["mean"] == 0
    assert silent["beat_f1"]["mean"] == 0
    assert silent["grid_share"] == {"mean": None, "low": None, "high": None, "n": 0}
    assert silent["density"]["mean"] == 0
    late = run(corpus, generate(tmp_path / "late", late=0.09), baselines, tmp_path / "b")["rungs"][
        "generated"
    ]
    assert late["beat_f1"]["mean"] == 0
    assert late["grid_share"]["mean"] < 0.6


def test_evaluate_refuses_other_baselines(corpus: Corpus, baselines: Path, tmp_path: Path) -> None:
    generated = generate(tmp_path / "generated")
    strict = EvaluateConfig(tolerance_ms=20, bootstrap=200)
    with pytest.raises(UserError, match=r"tolerance_ms 30.0, here it is 20"):
        run(corpus, generated, baselines, tmp_path / "out", evaluate=strict)
    baselines = shutil.copytree(baselines, tmp_path / "copy")
    table = (baselines / "songs.tsv").read_text().splitlines()
    (baselines / "songs.tsv").write_text("\n".join(table[:-1]) + "\n")
    with pytest.raises(UserError, match="rung real has 2 songs, and not the 3"):
        run(corpus, generated, baselines, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_listening_gate() -> None:
    deaf = judge.listening(language(0.0), CONFIG)
    assert deaf["listens_to_drumless"] is False
    assert deaf["listens_to_beats"] is True
    assert deaf["bits"]["true_input"]["mean"] == pytest.approx(2.5)
    blind = judge.listening(language(0.5, beats=False), CONFIG)
    assert blind["listens_to_drumless"] is True
    assert blind["listens_to_beats"] is None
    assert list(blind["costs"]) == ["other_drumless", "no_drumless"]
    by_design = {name: songs for name, songs in language(0.5).items() if "drumless" not in name}
    assert judge.listening(by_design, CONFIG)["listens_to_drumless"] is None
    assert judge.listening(by_design, CONFIG)["listens_to_beats"] is True
    nothing = judge.listening({"true_input": language(0.5)["true_input"]}, CONFIG)
    assert (nothing["listens_to_drumless"], nothing["listens_to_beats"], nothing["costs"]) == (
        None,
        None,
        {},
    )


def test_a_cost_of_chance_is_not_listening() -> None:
    random = np.random.default_rng(0)
    noisy = {
        name: {f"song_{song}": 2 + random.normal(0, 0.1) for song in range(16)}
        for name in ("true_input", "other_drumless", "no_drumless")
    }
    assert judge.listening(noisy, CONFIG)["listens_to_drumless"] is False


def test_listening_needs_whole_conditions() -> None:
    missing = language(0.5)
    del missing["no_beats"]
    with pytest.raises(UserError, match="condition no_beats is missing"):
        judge.listening(missing, CONFIG)
    other = language(0.5)
    del other["other_drumless"]["slow"]
    with pytest.raises(UserError, match="other_drumless holds other songs than true_input"):
        judge.listening(other, CONFIG)
