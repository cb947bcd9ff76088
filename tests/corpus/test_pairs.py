"""Pairs from stems and from mixes, and reasons to reject songs."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from jukedrummer.audio.io import read_audio
from jukedrummer.config import SAMPLE_RATE, PairsConfig
from jukedrummer.corpus.manifest import read_songs
from jukedrummer.corpus.pairs import all_pairs, held_out, read_pairs
from jukedrummer.corpus.rejected import read_rejected
from jukedrummer.errors import UserError
from tests.corpus.helpers import (
    FREQUENCIES,
    bad_songs,
    noise,
    reasons,
    songs_table,
    strong_frequencies,
    write_pairs,
    write_shard_tables,
    write_stems,
)

CONFIG = PairsConfig(separator=None, max_length_difference=0.5)


def recordings(folder):
    """Drumless and drums of a pair."""
    return [read_audio(folder / f"{name}.flac") for name in ("drumless", "drums")]


def test_drumless_is_the_sum_of_all_other_stems(tmp_path):
    stems = write_stems(tmp_path / "song")
    soundfile.write(tmp_path / "song" / "mixture.wav", noise(9), SAMPLE_RATE)
    write_pairs(songs_table(tmp_path, song=tmp_path / "song"), tmp_path / "out", CONFIG)
    (row,) = read_pairs(tmp_path / "out")
    assert (row.song, row.split, row.samples, row.seconds, row.gain) == (
        "song",
        "train",
        66_150,
        1.5,
        1.0,
    )
    drumless, drums = recordings(tmp_path / "out" / "song")
    np.testing.assert_allclose(drums, stems["drums"].mean(axis=1), atol=2**-22)
    others = sum(audio for name, audio in stems.items() if name != "drums").mean(axis=1)
    np.testing.assert_allclose(drumless, others, atol=2**-22)
    info = soundfile.info(tmp_path / "out" / "song" / "drums.flac")
    assert (info.samplerate, info.channels, info.subtype) == (SAMPLE_RATE, 1, "PCM_24")
    assert reasons(tmp_path / "out") == {}


def test_one_gain_keeps_both_below_full_scale(tmp_path):
    stems = write_stems(tmp_path / "song", peak=0.9, channels=1)
    write_pairs(songs_table(tmp_path, song=tmp_path / "song"), tmp_path / "out", CONFIG)
    (row,) = read_pairs(tmp_path / "out")
    assert 0.3 < row.gain < 0.5
    drumless, drums = recordings(tmp_path / "out" / "song")
    assert np.abs(drumless).max() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(drums, stems["drums"][:, 0] * row.gain, atol=1e-6)


def test_other_rates_are_resampled(tmp_path):
    write_stems(tmp_path / "song", rate=48_000, seconds=2)
    write_pairs(songs_table(tmp_path, song=tmp_path / "song"), tmp_path / "out", CONFIG)
    assert read_pairs(tmp_path / "out")[0].samples == 2 * SAMPLE_RATE


def test_a_song_that_cannot_be_used_is_left_out_with_the_reason(tmp_path):
    bad = bad_songs(tmp_path / "bad")
    write_stems(tmp_path / "good")
    songs = songs_table(
        tmp_path, **{name: path for name, (path, _) in bad.items()}, good=tmp_path / "good"
    )
    write_pairs(songs, tmp_path / "out", CONFIG)
    assert [row.song for row in read_pairs(tmp_path / "out")] == ["good"]
    found = reasons(tmp_path / "out")
    assert list(found) == list(bad)
    for name, (path, reason) in bad.items():
        assert reason in found[name]
        assert str(path) in found[name]
    rules = {
        row.song: (row.rule, row.value) for row in read_rejected(tmp_path / "out/rejected.tsv")
    }
    assert rules["short"] == ("too short", "0.20")
    assert rules["length"] == ("lengths", "0.60")
    assert rules["gone"] == rules["no_drums"] == ("missing stem", "")
    assert rules["nan"] == ("unreadable", "")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "good",
        "pairs.tsv",
        "rejected.tsv",
    }


def test_measures_and_the_rows_of_the_song_are_in_the_table(tmp_path):
    stems = write_stems(tmp_path / "song", seconds=3)
    soundfile.write(tmp_path / "song/mixture.wav", 0.5 * sum(stems.values()), SAMPLE_RATE)
    songs = songs_table(tmp_path, song=tmp_path / "song")
    write_pairs(songs, tmp_path / "out", CONFIG)
    (pair,), (song,) = read_pairs(tmp_path / "out"), read_songs(songs)
    assert {name: getattr(pair, name) for name in vars(song)} == vars(song)
    assert (pair.kind, pair.drums_mono) == ("true", "mid")
    assert pair.mixture_gain == pytest.approx(0.5, abs=1e-3)
    assert pair.residual_db < -60
    assert pair.drums_peak == pytest.approx(np.abs(stems["drums"].mean(axis=1)).max(), abs=1e-6)


def test_channels_of_opposite_polarity_are_not_lost(tmp_path, capsys):
    stems = write_stems(tmp_path / "song")
    opposite = stems["drums"] * np.float32([1, 0]) - stems["drums"][:, :1] * np.float32([0, 1])
    soundfile.write(tmp_path / "song/drums.wav", opposite, SAMPLE_RATE, subtype="FLOAT")
    write_pairs(songs_table(tmp_path, song=tmp_path / "song"), tmp_path / "out", CONFIG)
    drums = recordings(tmp_path / "out" / "song")[1]
    np.testing.assert_allclose(drums, stems["drums"][:, 0], atol=2**-22)
    (pair,) = read_pairs(tmp_path / "out")
    assert "half their difference is used" in pair.warnings
    assert f"song: {pair.warnings}" in capsys.readouterr().err


def test_the_same_stems_give_the_same_bytes(tmp_path):
    write_stems(tmp_path / "song")
    songs = songs_table(tmp_path, song=tmp_path / "song")
    for name in ("first", "second"):
        write_pairs(songs, tmp_path / name, CONFIG)
    for name in ("pairs.tsv", "song/drums.flac", "song/drumless.flac"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_ctrl_c_leaves_nothing_and_pairs_of_before_are_not_written_over(tmp_path, monkeypatch):
    write_stems(tmp_path / "song")
    songs = songs_table(tmp_path, song=tmp_path / "song")
    write_pairs(songs, tmp_path / "out" / "0", CONFIG)
    with pytest.raises(UserError, match="exists and is not empty"):
        write_pairs(songs, tmp_path / "out" / "0", CONFIG)
    monkeypatch.setattr(
        "jukedrummer.corpus.pairs.audio_writer", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        write_pairs(songs, tmp_path / "out" / "1", CONFIG)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["0"]
    assert len(read_pairs(tmp_path / "out" / "0")) == 1


def test_a_disk_that_cannot_be_written_is_no_reason_to_reject(tmp_path):
    write_stems(tmp_path / "song")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"):
        write_pairs(songs_table(tmp_path, song=tmp_path / "song"), tmp_path / "file" / "0", CONFIG)


def test_damaged_tables_are_errors(tmp_path):
    with pytest.raises(UserError, match=r"pairs\.tsv: cannot be read"):
        read_pairs(tmp_path)
    good = (write_shard_tables(tmp_path / "0", good=1) / "pairs.tsv").read_text()
    for text, message in (
        ("", "is empty"),
        ("song\tsplit\n", "row 1: lacks the columns source, stems"),
        (good + "a\ttrain\n", r"row 3: has 2 cells, the header \d+"),
        (good.replace("44100", "many"), "row 2: samples is 'many'; expected a whole number"),
    ):
        (tmp_path / "pairs.tsv").write_text(text)
        with pytest.raises(UserError, match=rf"pairs\.tsv: {message}"):
            read_pairs(tmp_path)


def test_held_out_songs_are_the_test_songs_of_all_shards_by_name(tmp_path):
    shards = [
        write_shard_tables(tmp_path / "0", good=1, test=("c", "a")),
        write_shard_tables(tmp_path / "1", good=2, test=("b",)),
    ]
    folders = [tmp_path / "0" / "a", tmp_path / "1" / "b", tmp_path / "0" / "c"]
    assert [folder for _, folder in held_out(shards)] == folders
    names = ["a", "b", "c", "good_0_0", "good_1_0", "good_1_1"]
    assert [pair.song for pair, _ in all_pairs(shards)] == names
    empty = write_shard_tables(tmp_path / "2", good=2)
    with pytest.raises(UserError, match=r"no song of split 'test' in 1 shard\(s\) of pairs"):
        held_out([empty])


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_musdb_compressed_songs(tmp_path):
    path = tmp_path / "song.stem.mp4"
    inputs, maps = [], []
    for number, hertz in enumerate(FREQUENCIES):  # mixture, drums, bass, other, vocals
        inputs += ["-f", "lavfi", "-i", f"sine=frequency={hertz}:sample_rate=44100:duration=2"]
        maps += ["-map", f"{number}:a"]
    subprocess.run(["ffmpeg", "-v", "error", *inputs, *maps, "-c:a", "aac", path], check=True)
    (tmp_path / "other.stem.mp4").write_text("not audio")
    songs = songs_table(tmp_path, song=path, other=tmp_path / "other.stem.mp4")
    write_pairs(songs, tmp_path / "out", CONFIG)
    assert "is not audio" in reasons(tmp_path / "out")["other"]
    drumless, drums = recordings(tmp_path / "out" / "song")
    # AAC pads the end.
    assert 2 * SAMPLE_RATE <= len(drums) == len(drumless) <= 2.1 * SAMPLE_RATE
    assert strong_frequencies(drums) == {440}
    assert strong_frequencies(drumless) == {880, 1_760, 3_520}


def test_a_mix_is_separated(tmp_path, tiny_demucs):
    from demucs.apply import apply_model
    from demucs.pretrained import get_model

    mix = noise(0, seconds=3)
    soundfile.write(tmp_path / "mix.wav", mix, SAMPLE_RATE, subtype="FLOAT")
    repository = str(tiny_demucs)
    # A random model's channels have little in common.
    config = PairsConfig(separator="bag", separator_repository=repository, max_mono_loss_db=60)
    write_pairs(songs_table(tmp_path, song=tmp_path / "mix.wav"), tmp_path / "out", config)
    (row,) = read_pairs(tmp_path / "out")
    assert (row.samples, row.kind, row.residual_db) == (len(mix), "separated", None)
    drumless, drums = recordings(tmp_path / "out" / "song")
    # demucs' own call, on one model instead of the bag.
    wave = torch.from_numpy(mix.T)
    mono = wave.mean(0)
    sources = apply_model(
        get_model("tiny", repo=tiny_demucs), ((wave - mono.mean()) / mono.std())[None], shifts=0
    )[0]
    sources = (sources * mono.std()).mean(1).numpy()
    np.testing.assert_allclose(drums / row.gain, sources[1], atol=1e-4)
    np.testing.assert_allclose(drumless / row.gain, sources[0] + sources[2], atol=1e-4)


def test_a_silent_mix_is_rejected(tmp_path, tiny_demucs):
    soundfile.write(tmp_path / "mix.wav", np.zeros((SAMPLE_RATE, 2)), SAMPLE_RATE)
    config = PairsConfig(separator="tiny", separator_repository=str(tiny_demucs))
    write_pairs(songs_table(tmp_path, song=tmp_path / "mix.wav"), tmp_path / "out", config)
    assert "the mix is silent" in reasons(tmp_path / "out")["song"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("other", r"pairs\.separator other: cannot be loaded"),
        ("lost", r"pairs\.separator lost: cannot be loaded"),
    ],
)
def test_a_separator_that_cannot_be_loaded_fails_the_run(tmp_path, tiny_demucs, name, message):
    soundfile.write(tmp_path / "mix.wav", noise(0), SAMPLE_RATE)
    songs = songs_table(tmp_path, song=tmp_path / "mix.wav")
    config = PairsConfig(separator=name, separator_repository=str(tiny_demucs))
    with pytest.raises(UserError, match=message):
        write_pairs(songs, tmp_path / "out", config)
    assert not (tmp_path / "out").exists()


def test_torch_and_demucs_are_imported_only_when_asked_for():
    code = "import sys, jukedrummer.corpus.pairs; assert not {'torch', 'demucs'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
