"""The score route of accompany: a score for the whole song, played by a sampled kit."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from jukedrummer.beats.bar_grid import bar_grid
from jukedrummer.config import ScoreConfig
from jukedrummer.errors import UserError
from jukedrummer.model.score import ScoreNetwork
from jukedrummer.model.score_features import SCORE_MEL
from jukedrummer.songs.accompany import accompany
from jukedrummer.songs.drummer import Drummer
from jukedrummer.songs.score_table import read_score_table
from jukedrummer.storage.files import read_json, sha256, write_json
from jukedrummer.storage.weights import describe, save_weights
from tests.conftest import pulses

SMALL = ScoreConfig(registers=8, width=16, slot_width=4, layers=1, heads=2)
RATE = 16_000
GIVEN = {"bpm": 120.0, "meter": 4, "device": "cpu"}


@pytest.fixture(scope="module")
def scored(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with an untrained score model, which plays about a third of all slots."""
    folder = tmp_path_factory.mktemp("scored") / "bundle"
    shutil.copytree(bundle, folder)
    torch.manual_seed(0)
    network = ScoreNetwork(SMALL)
    torch.nn.init.normal_(network.take.weight, std=0.5)
    save_weights(folder / "score.safetensors", network)
    info = describe("score", SMALL, SCORE_MEL, sizes={}, step=0, metrics={}, data_sha256="none")
    description = read_json(folder / "drummer.json")
    description["models"]["score"] = asdict(info)
    description["files"]["score.safetensors"] = sha256(folder / "score.safetensors")
    write_json(folder / "drummer.json", description)
    return folder


@pytest.fixture
def song(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "song.wav", pulses(6.0, RATE), RATE)
    return tmp_path / "song.wav"


def drums(folder: Path) -> np.ndarray:
    return soundfile.read(folder / "drums.wav", dtype="int32")[0]


def test_a_bundle_with_a_score_model_plays_a_score(
    scored: Path, song: Path, tmp_path: Path
) -> None:
    accompany(song, scored, tmp_path / "out", **GIVEN)
    files = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*")}
    stems = {f"stems/{name}.wav" for name in ("kick", "snare", "hats", "toms", "cymbals")}
    others = {"drums.wav", "mix.wav", "drums.mid", "score.tsv", "beats.tsv", "song.rpp"}
    assert files == {*stems, *others, "accompaniment.json"}
    facts = json.loads((tmp_path / "out" / "accompaniment.json").read_text())
    grid = bar_grid(np.loadtxt(tmp_path / "out" / "beats.tsv"), 6.0)
    strokes = read_score_table(tmp_path / "out" / "score.tsv", grid)
    assert (facts["route"], facts["beats_from"]) == ("score", "given")
    assert facts["strokes"] == len(strokes) > 20
    assert np.abs(drums(tmp_path / "out")).max() > 2**24
    written = Drummer.load(scored).write_score(
        pulses(6.0, RATE), RATE, beats=np.loadtxt(tmp_path / "out" / "beats.tsv")
    )
    np.testing.assert_allclose(written.strokes.times, strokes.times, atol=1e-4)


def test_seeds_and_temperatures_draw_other_parts(scored: Path, song: Path, tmp_path: Path) -> None:
    options = [{}, {}, {"temperature": 1.5, "seed": 1}, {"temperature": 1.5, "seed": 2}]
    for number, option in enumerate(options):
        accompany(song, scored, tmp_path / str(number), **GIVEN, **option)
    first, again, one, two = (drums(tmp_path / str(number)) for number in range(4))
    np.testing.assert_array_equal(first, again)
    assert (one != first).mean() > 0.2
    assert (one != two).mean() > 0.2


def test_locked_bars_of_an_earlier_take_keep_their_samples(
    scored: Path, song: Path, tmp_path: Path
) -> None:
    accompany(song, scored, tmp_path / "old", **GIVEN, temperature=1.5, seed=1)
    locked = {"from_": tmp_path / "old", "lock": "2"}
    accompany(song, scored, tmp_path / "new", **GIVEN, **locked, temperature=1.5, seed=2)
    same = (drums(tmp_path / "old") == drums(tmp_path / "new")).all(axis=1)
    bar = slice(2 * RATE, 4 * RATE)  # bar 2 at 120 BPM
    assert same[bar].all()
    assert not same[:RATE].all()
    assert not same[5 * RATE :].all()


def test_an_edited_score_is_played_as_it_is(scored: Path, song: Path, tmp_path: Path) -> None:
    accompany(song, scored, tmp_path / "old", **GIVEN, temperature=1.5, seed=1)
    accompany(song, scored, tmp_path / "new", **GIVEN, from_midi=tmp_path / "old" / "score.tsv")
    np.testing.assert_array_equal(drums(tmp_path / "old"), drums(tmp_path / "new"))
    accompany(song, scored, tmp_path / "midi", **GIVEN, from_midi=tmp_path / "old" / "drums.mid")
    grid = bar_grid(np.loadtxt(tmp_path / "old" / "beats.tsv"), 6.0)
    scores = [read_score_table(tmp_path / name / "score.tsv", grid) for name in ("old", "midi")]
    np.testing.assert_allclose(scores[0].times, scores[1].times, atol=1e-3)
    np.testing.assert_array_equal(scores[0].pieces, scores[1].pieces)


def test_the_codes_are_played_on_request_and_with_their_options(
    scored: Path, song: Path, tmp_path: Path
) -> None:
    accompany(song, scored, tmp_path / "codes", **GIVEN, route="codes")
    accompany(song, scored, tmp_path / "guided", **GIVEN, guidance=1.5)
    for name in ("codes", "guided"):
        assert not (tmp_path / name / "score.tsv").exists()
        assert (tmp_path / name / "drums.wav").is_file()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"lock": "1"}, "--lock names bars of an earlier take, and --from its folder"),
        ({"route": "score", "top_p": 0.9}, "--top-p is an option of the route codes"),
        ({"route": "codes", "drum_level": 3.0}, "--drum-level is an option of the route score"),
        ({"kit": Path("no such kit.sf2")}, "no such kit.sf2"),
    ],
)
def test_options_that_do_not_fit_are_errors(
    scored: Path, song: Path, tmp_path: Path, options: dict, reason: str
) -> None:
    with pytest.raises(UserError, match=reason):
        accompany(song, scored, tmp_path / "out", **GIVEN, **options)
    assert not (tmp_path / "out").exists() or not any((tmp_path / "out").iterdir())


def test_a_bundle_without_a_score_model_plays_codes(
    bundle: Path, song: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="has no score model"):
        accompany(song, bundle, tmp_path / "out", **GIVEN, route="score")
