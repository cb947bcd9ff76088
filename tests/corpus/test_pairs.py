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
from jukedrummer.corpus.manifest import Song, write_manifest
from jukedrummer.corpus.pairs import (
    check_splits,
    gather_rejected,
    held_out,
    make_pair,
    read_pairs,
)
from jukedrummer.errors import UserError
from tests.corpus.helpers import (
    FREQUENCIES,
    bad_songs,
    noise,
    reasons,
    songs_manifest,
    strong_frequencies,
    write_pairs,
    write_shard_tables,
    write_stems,
)

CONFIG = PairsConfig()


def test_drumless_is_the_sum_of_all_other_stems(tmp_path):
    stems = write_stems(tmp_path / "song")
    soundfile.write(tmp_path / "song" / "mixture.wav", noise(9), SAMPLE_RATE)
    (tmp_path / "song" / "._drums.wav").write_bytes(b"left by a file manager")
    (tmp_path / "song" / "beats.tsv").write_text("0.5\t1\n")
    write_pairs(songs_manifest(tmp_path, song=tmp_path / "song"), tmp_path / "out", CONFIG)
    (row,) = read_pairs(tmp_path / "out")
    assert (row.song, row.split, row.samples, row.seconds, row.gain) == (
        "song",
        "train",
        66_150,
        1.5,
        1.0,
    )
    drumless, drums = (
        read_audio(tmp_path / "out" / "song" / f"{x}.flac") for x in ("drumless", "drums")
    )
    np.testing.assert_allclose(drums, stems["drums"].mean(axis=1), atol=2**-22)
    others = sum(audio for name, audio in stems.items() if name != "drums").mean(axis=1)
    np.testing.assert_allclose(drumless, others, atol=2**-22)
    info = soundfile.info(tmp_path / "out" / "song" / "drums.flac")
    assert (info.samplerate, info.channels, info.subtype) == (SAMPLE_RATE, 1, "PCM_24")
    assert reasons(tmp_path / "out") == {}


def test_one_gain_keeps_both_below_full_scale(tmp_path):
    stems = write_stems(tmp_path / "song", peak=0.9, channels=1)
    write_pairs(songs_manifest(tmp_path, song=tmp_path / "song"), tmp_path / "out", CONFIG)
    (row,) = read_pairs(tmp_path / "out")
    assert 0.3 < row.gain < 0.5
    drumless, drums = (
        read_audio(tmp_path / "out" / "song" / f"{x}.flac") for x in ("drumless", "drums")
    )
    assert np.abs(drumless).max() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(drums, stems["drums"][:, 0] * row.gain, atol=1e-6)


def test_other_rates_are_resampled(tmp_path):
    write_stems(tmp_path / "song", rate=48_000, seconds=2)
    write_pairs(songs_manifest(tmp_path, song=tmp_path / "song"), tmp_path / "out", CONFIG)
    assert read_pairs(tmp_path / "out")[0].samples == 2 * SAMPLE_RATE


def test_a_song_that_cannot_be_used_is_left_out_with_the_reason(tmp_path):
    bad = bad_songs(tmp_path / "bad")
    write_stems(tmp_path / "good")
    manifest = songs_manifest(
        tmp_path, **{name: path for name, (path, _) in bad.items()}, good=tmp_path / "good"
    )
    write_pairs(manifest, tmp_path / "out", CONFIG)
    assert [row.song for row in read_pairs(tmp_path / "out")] == ["good"]
    found = reasons(tmp_path / "out")
    assert list(found) == list(bad)
    for name, (path, reason) in bad.items():
        assert reason in found[name]
        assert str(path) in found[name]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "good",
        "pairs.tsv",
        "rejected.tsv",
    }


def test_stems_in_a_file_that_holds_none_are_left_out(tmp_path):
    file = tmp_path / "drums.wav"
    soundfile.write(file, noise(0), SAMPLE_RATE)
    write_manifest(tmp_path / "manifest.tsv", [Song("song", "train", "stems", file)])
    write_pairs(tmp_path / "manifest.tsv", tmp_path / "out", CONFIG)
    assert reasons(tmp_path / "out") == {"song": f"{file}: is not a folder of stems"}


def test_songs_are_distributed_over_shards(tmp_path):
    for number in range(5):
        write_stems(tmp_path / str(number))
    manifest = songs_manifest(
        tmp_path, **{f"song_{number}": tmp_path / str(number) for number in range(5)}
    )
    for shard in range(2):
        write_pairs(manifest, tmp_path / "out" / str(shard), CONFIG, shard, 2)
    assert [row.song for row in read_pairs(tmp_path / "out" / "0")] == [
        "song_0",
        "song_2",
        "song_4",
    ]
    assert [row.song for row in read_pairs(tmp_path / "out" / "1")] == ["song_1", "song_3"]


def test_the_same_stems_give_the_same_bytes(tmp_path):
    write_stems(tmp_path / "song")
    manifest = songs_manifest(tmp_path, song=tmp_path / "song")
    for name in ("first", "second"):
        write_pairs(manifest, tmp_path / name, CONFIG)
    for name in ("pairs.tsv", "song/drums.flac", "song/drumless.flac"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_ctrl_c_leaves_nothing_and_pairs_of_before_are_not_written_over(tmp_path, monkeypatch):
    write_stems(tmp_path / "song")
    manifest = songs_manifest(tmp_path, song=tmp_path / "song")
    write_pairs(manifest, tmp_path / "out" / "0", CONFIG)
    with pytest.raises(UserError, match="exists and is not empty"):
        write_pairs(manifest, tmp_path / "out" / "0", CONFIG)
    monkeypatch.setattr(
        "jukedrummer.corpus.pairs.write_audio", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        write_pairs(manifest, tmp_path / "out" / "1", CONFIG)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["0"]
    assert len(read_pairs(tmp_path / "out" / "0")) == 1


def test_a_disk_that_cannot_be_written_is_no_reason_to_reject(tmp_path):
    write_stems(tmp_path / "song")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"):
        write_pairs(
            songs_manifest(tmp_path, song=tmp_path / "song"), tmp_path / "file" / "0", CONFIG
        )


def test_damaged_tables_are_errors(tmp_path):
    with pytest.raises(UserError, match=r"pairs\.tsv: cannot be read"):
        read_pairs(tmp_path)
    good = "song\tsplit\tsamples\tseconds\tgain\n"
    for text, message in (
        ("", "is empty"),
        ("song\tsplit\n", "row 1: lacks the columns samples, seconds, gain"),
        (good + "a\ttrain\n", "row 2: has 2 cells, the header 5"),
        (good + "a\ttrain\tmany\t1.0\t1.0\n", "row 2: samples is 'many'; expected a whole number"),
    ):
        (tmp_path / "pairs.tsv").write_text(text)
        with pytest.raises(UserError, match=rf"pairs\.tsv: {message}"):
            read_pairs(tmp_path)


def test_rejected_songs_are_gathered(tmp_path):
    shards = [write_shard_tables(tmp_path / "0", 10, 1), write_shard_tables(tmp_path / "1", 8, 1)]
    gather_rejected(shards, tmp_path / "rejected.tsv", CONFIG)
    assert reasons(tmp_path) == {"bad_0_0": "it is bad", "bad_1_0": "it is bad"}


def test_too_many_rejected_songs_fail_the_run(tmp_path):
    shards = [write_shard_tables(tmp_path / "0", 9, 1), write_shard_tables(tmp_path / "1", 8, 1)]
    with pytest.raises(
        UserError, match=r"2 of 19 songs .*max_rejected_share 0\.1: repair .*bad_0_0: it is bad"
    ):
        gather_rejected(shards, tmp_path / "rejected.tsv", CONFIG)
    assert len(reasons(tmp_path)) == 2
    gather_rejected(shards, tmp_path / "rejected.tsv", PairsConfig(max_rejected_share=0.2))
    gather_rejected([], tmp_path / "rejected.tsv", CONFIG)
    assert reasons(tmp_path) == {}


def test_too_few_songs_in_a_split_fail_the_run(tmp_path):
    shard = write_shard_tables(tmp_path / "0", good=3, test=("a",))
    with pytest.raises(UserError, match=r"has 0 songs of split valid, 1 needed; .*valid_share"):
        check_splits([shard])
    text = (shard / "pairs.tsv").read_text()
    (shard / "pairs.tsv").write_text(text.replace("\ttrain\t", "\tvalid\t", 1))
    with pytest.raises(UserError, match=r"has 1 songs of split test, 2 needed; .*test_share"):
        check_splits([shard])
    check_splits([shard, write_shard_tables(tmp_path / "1", good=0, test=("b",))])


def test_held_out_songs_are_the_test_songs_of_all_shards_by_name(tmp_path):
    shards = [
        write_shard_tables(tmp_path / "0", good=1, test=("c", "a")),
        write_shard_tables(tmp_path / "1", good=2, test=("b",)),
    ]
    folders = [tmp_path / "0" / "a", tmp_path / "1" / "b", tmp_path / "0" / "c"]
    assert held_out(shards) == folders
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
    drumless, drums = make_pair(Song("song", "train", "stems", path), None, CONFIG)
    # AAC pads the end.
    assert 2 * SAMPLE_RATE <= len(drums) == len(drumless) <= 2.1 * SAMPLE_RATE
    assert strong_frequencies(drums) == {440}
    assert strong_frequencies(drumless) == {880, 1_760, 3_520}
    (tmp_path / "other.stem.mp4").write_text("not audio")
    with pytest.raises(UserError, match="is not audio"):
        make_pair(Song("song", "train", "stems", tmp_path / "other.stem.mp4"), None, CONFIG)


def test_a_mix_is_separated(tmp_path, tiny_demucs):
    from demucs.apply import apply_model
    from demucs.pretrained import get_model

    mix = noise(0, seconds=3)
    soundfile.write(tmp_path / "mix.wav", mix, SAMPLE_RATE, subtype="FLOAT")
    config = PairsConfig(separator="bag", separator_repository=str(tiny_demucs))
    write_pairs(songs_manifest(tmp_path, song=tmp_path / "mix.wav"), tmp_path / "out", config)
    (row,) = read_pairs(tmp_path / "out")
    assert row.samples == len(mix)
    drumless, drums = (
        read_audio(tmp_path / "out" / "song" / f"{x}.flac") for x in ("drumless", "drums")
    )
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
    write_pairs(songs_manifest(tmp_path, song=tmp_path / "mix.wav"), tmp_path / "out", config)
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
    manifest = songs_manifest(tmp_path, song=tmp_path / "mix.wav")
    config = PairsConfig(separator=name, separator_repository=str(tiny_demucs))
    with pytest.raises(UserError, match=message):
        write_pairs(manifest, tmp_path / "out", config)
    assert not (tmp_path / "out").exists()


def test_torch_and_demucs_are_imported_only_when_asked_for():
    code = "import sys, jukedrummer.corpus.pairs; assert not {'torch', 'demucs'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
