"""Clips: parts of the songs with the beats on their grid, cut at downbeats; the table of songs."""

import json
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from jukedrummer.audio.io import read_audio, write_audio
from jukedrummer.audio.mel import log_mel
from jukedrummer.beats import clips as module
from jukedrummer.beats.clips import clip_starts, write_clips
from jukedrummer.beats.representations import CodeGrid, represent
from jukedrummer.beats.trackers.madmom import MadmomConfig
from jukedrummer.config import SAMPLE_RATE, ClipConfig, MelConfig, plain
from jukedrummer.corpus.rejected import read_rejected
from jukedrummer.errors import UserError
from jukedrummer.storage.files import sha256
from jukedrummer.storage.shards import Shard
from tests.beats.helpers import KnownTracker, beat_grid, rows_by_song, write_pairs

MEL, CLIP, BEATS = MelConfig(), ClipConfig(frames=512), MadmomConfig(networks=1)
CLIP_SECONDS = 512 * 256 / SAMPLE_RATE  # 2.97


def run(pairs, output, **options):
    write_clips(pairs, output, **{"mel": MEL, "clip": CLIP, "beats": BEATS} | options)
    return Shard(output, "features")


@pytest.fixture
def known(monkeypatch):
    """A tracker with fixed beats for songs of these lengths. A song of 5 s has no beats."""
    lengths = {8.0: beat_grid(8, 120, 0.7), 5.0: np.empty((0, 2)), 2.0: beat_grid(2, 100, 0.1)}
    tracker = KnownTracker(
        {int(seconds * SAMPLE_RATE): beats for seconds, beats in lengths.items()}
    )
    monkeypatch.setattr(module, "make_tracker", lambda config, device: tracker)
    return tracker


@pytest.fixture
def pairs(tmp_path):
    return write_pairs(
        tmp_path / "pairs" / "0",
        separated="beatless",
        long=("train", 8.0, 120, 0.7),
        beatless=("valid", 5.0, 30, 0.2),
        short=("test", 2.0, 100, 0.1),
    )


def test_clips_are_slices_of_the_songs(known, pairs, tmp_path):
    shard = run(pairs, tmp_path / "features" / "0.h5")
    assert known.groups == [3]
    assert shard.strings("song") == ["long"] * 3 + ["beatless"] * 2 + ["short"]
    assert shard.strings("split") == ["train"] * 3 + ["valid"] * 2 + ["test"]
    types = {name: (str(shard.file[name].dtype), shard.file[name].shape[1:]) for name in shard.file}
    assert types == {
        "drumless_mel": ("float16", (80, 512)),
        "drums_mel": ("float16", (80, 512)),
        "low": ("float16", (128, 50)),
        "mid": ("uint8", (128,)),
        "high": ("uint8", (128,)),
        "phase": ("float16", (128, 4)),
        "song": ("object", ()),
        "split": ("object", ()),
        "start": ("int64", ()),
        "separated": ("uint8", ()),
    }
    assert shard.file["separated"][:].tolist() == [0, 0, 0, 1, 1, 0]
    for row, song in enumerate(shard.strings("song")):
        start = shard.file["start"][row]
        assert start % MEL.hop == 0
        for part in ("drumless", "drums"):
            audio = torch.from_numpy(read_audio(pairs / song / f"{part}.flac"))
            mel = log_mel(audio[None], MEL)[0, :, start // MEL.hop :][:, :512].numpy()
            stored = shard.file[f"{part}_mel"][row]
            np.testing.assert_allclose(stored[:, : mel.shape[1]], mel, atol=2e-3)
            np.testing.assert_array_equal(stored[:, mel.shape[1] :], -5)


def test_beats_are_on_the_grid_of_each_clip(known, pairs, tmp_path):
    shard = run(pairs, tmp_path / "0.h5")
    samples = 8 * SAMPLE_RATE
    tracked = known.track_many([np.zeros(samples)], SAMPLE_RATE)[0]
    starts = shard.file["start"][:3]
    for row, start in enumerate(starts):
        expected = represent(tracked, CodeGrid(int(start), CLIP.codes, 4 * MEL.hop))
        for name in ("low", "mid", "high", "phase"):
            np.testing.assert_allclose(shard.file[name][row], expected[name], atol=2e-3)
    # Downbeats are at 0.7, 2.7, 4.7 and 6.7 s. A clip starts at a downbeat, or less than a hop
    # before, so its first code has the downbeat. After the third clip less than a bar is left.
    late = np.array([0.7, 2.7, 4.7]) * SAMPLE_RATE - starts
    assert ((late >= -0.5) & (late < MEL.hop)).all()
    assert shard.file["high"][:3, 0].tolist() == [1, 1, 1]
    assert shard.file["phase"][:3, 0] == pytest.approx(np.array([[0, 1, 0, 1]] * 3), abs=0.2)


def test_without_beats_clips_lie_end_to_end(known, pairs, tmp_path):
    shard = run(pairs, tmp_path / "0.h5")
    frames = int(5 * SAMPLE_RATE) // MEL.hop
    assert shard.file["start"][3:5].tolist() == [0, (frames - 512) * MEL.hop]
    assert not shard.file["high"][3:5].any()
    assert not shard.file["phase"][3:5].any()


def test_the_padding_of_a_short_song_holds_nothing(known, pairs, tmp_path):
    shard = run(pairs, tmp_path / "0.h5")
    end = -(-2 * SAMPLE_RATE // (4 * MEL.hop))
    assert shard.file["start"][5] == 0
    for name in ("low", "mid", "high", "phase"):
        assert shard.file[name][5, :end].any()
        assert not shard.file[name][5, end:].any()


def test_the_table_has_a_row_a_song(known, pairs, tmp_path):
    run(pairs, tmp_path / "0.h5")
    rows = rows_by_song(tmp_path / "0.tsv")
    long = {"song": "long", "split": "train", "seconds": "8.0", "clips": "3", "beats": "15"}
    assert rows["long"] == long | {"bpm": "120.0", "confidence": "0.5", "warning": ""}
    assert (rows["beatless"]["beats"], rows["beatless"]["bpm"]) == ("0", "")
    assert "no beats found" in rows["beatless"]["warning"]
    assert "shorter than a clip" in rows["short"]["warning"]


def rejected_clips(path):
    return [(row.song, row.source, row.clip, row.rule) for row in read_rejected(path)]


def test_clips_without_drums_are_left_out(known, pairs, tmp_path):
    whole = run(pairs, tmp_path / "whole.h5")
    assert rejected_clips(tmp_path / "whole_rejected.tsv") == []
    path = pairs / "long" / "drums.flac"
    audio = read_audio(path)
    audio[: 4 * SAMPLE_RATE] *= 1e-3  # bleed only
    write_audio(path, audio)
    shard = run(pairs, tmp_path / "0.h5")
    first, *rest = whole.file["start"][:].tolist()
    assert shard.file["start"][:].tolist() == rest
    rows = read_rejected(tmp_path / "0_rejected.tsv")
    assert [(row.song, row.source, row.rule) for row in rows] == [("long", "demo", "few drums")]
    assert rows[0].clip == pytest.approx(first / SAMPLE_RATE, abs=1e-3)
    assert (rows[0].value, rows[0].limit) == ("0.0000", "0.2")
    assert rows_by_song(tmp_path / "0.tsv")["long"]["clips"] == "2"
    lenient = ClipConfig(frames=512, min_drums_share=0.0)
    assert len(run(pairs, tmp_path / "1.h5", clip=lenient)) == len(whole)


def test_a_song_much_shorter_than_a_clip_has_none(known, pairs, tmp_path):
    run(pairs, tmp_path / "0.h5", clip=ClipConfig(frames=512, min_filled=0.7))  # it fills 0.67
    assert rejected_clips(tmp_path / "0_rejected.tsv") == [("short", "demo", 0.0, "short")]
    row = rows_by_song(tmp_path / "0.tsv")["short"]
    assert (row["clips"], row["warning"]) == ("0", "no clips: all are left out")


def test_attributes_name_the_sources(known, pairs, tmp_path):
    shard = run(pairs, tmp_path / "0.h5")
    assert shard.attribute("mel") == json.loads(json.dumps(plain(MEL)))
    assert shard.attribute("tracker") == {"name": "known", "version": "1", "config": plain(BEATS)}
    assert shard.attribute("source_sha256") == sha256(pairs / "pairs.tsv")


def test_songs_are_tracked_a_few_at_a_time(known, pairs, tmp_path, monkeypatch):
    whole = run(pairs, tmp_path / "a.h5")
    monkeypatch.setattr(module, "GROUP_SECONDS", 10.0)
    parts = run(pairs, tmp_path / "b.h5")
    assert known.groups == [3, 2, 1]
    assert parts.path.read_bytes() == whole.path.read_bytes()
    assert (tmp_path / "a.tsv").read_text() == (tmp_path / "b.tsv").read_text()


def test_a_shard_without_songs(known, tmp_path):
    shard = run(write_pairs(tmp_path / "pairs"), tmp_path / "0.h5")
    assert len(shard) == 0
    assert rows_by_song(tmp_path / "0.tsv") == {}


@pytest.mark.parametrize("damage", ["cut", "missing", "table"])
def test_damaged_pairs_are_an_error_and_leave_nothing(known, pairs, tmp_path, damage):
    path = pairs / "short" / "drums.flac"
    if damage == "cut":
        path.write_bytes(b"fLaC")
    elif damage == "missing":
        path.unlink()
    else:
        (pairs / "pairs.tsv").write_text("song\n")
    with pytest.raises(
        UserError, match=r"pairs\.tsv" if damage == "table" else r"short/drums\.flac"
    ):
        run(pairs, tmp_path / "out" / "0.h5")
    assert not list(tmp_path.glob("out/*"))


def test_ctrl_c_leaves_both_outputs_of_before(known, pairs, tmp_path, monkeypatch):
    run(pairs, tmp_path / "out" / "0.h5")
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    monkeypatch.setattr(module, "GROUP_SECONDS", 1.0)

    def interrupted(songs, sample_rate):
        if known.groups == [3, 1]:  # the first song of this run is written
            raise KeyboardInterrupt
        return KnownTracker.track_many(known, songs, sample_rate)

    monkeypatch.setattr(known, "track_many", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(pairs, tmp_path / "out" / "0.h5")
    assert known.groups == [3, 1]
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert len(before) == 3


def test_with_the_real_tracker(tmp_path):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    pairs = write_pairs(
        tmp_path / "pairs", song=("train", 10.0, 120, 0.5), other=("train", 9.0, 110, 0.3)
    )
    first, second = (run(pairs, tmp_path / name) for name in ("a.h5", "b.h5"))
    torch.set_num_threads(threads)
    assert first.path.read_bytes() == second.path.read_bytes()
    rows = rows_by_song(tmp_path / "a.tsv")
    assert float(rows["song"]["bpm"]) == pytest.approx(120, rel=0.03)
    assert float(rows["other"]["bpm"]) == pytest.approx(110, rel=0.03)
    song = np.array(first.strings("song")) == "song"
    phase = (first.file["start"][:][song][:-1] / SAMPLE_RATE - 0.5) % 0.5
    assert np.minimum(phase, 0.5 - phase).max() < 0.05  # all but the last start on a beat
    assert first.attribute("tracker")["name"] == "madmom"


@st.composite
def songs(draw):
    """Frames of a song, its downbeats and the frames of a clip."""
    frames, clip = draw(st.integers(1, 5_000)), draw(st.integers(64, 1_000))
    gaps = draw(st.lists(st.integers(1, 2_000), max_size=60))
    downbeats = np.cumsum(np.array(gaps, dtype=np.int64))
    return frames, downbeats[downbeats < frames], clip


@given(songs())
def test_clips_cover_the_song(song):
    frames, downbeats, clip = song
    starts = clip_starts(frames, downbeats, clip)
    bar = min(int(np.median(np.diff(downbeats))), clip // 2) if len(downbeats) > 1 else 0
    ends = [start + clip for start in starts]
    assert all(before < after for before, after in pairwise(starts))
    assert 0 <= starts[0] < max(1, bar)
    assert all(after <= end for after, end in zip(starts[1:], ends, strict=False)), "a gap"
    # All but the last start at a downbeat, or at the end of the one before if no downbeat is near.
    free = [0, *ends]
    assert all(
        start in downbeats or start == free[index] for index, start in enumerate(starts[:-1])
    )
    # At least half of each clip but the last is not in the clip before.
    assert all(after - before >= clip // 2 for before, after in pairwise(starts[:-1]))
    if frames < clip:
        assert starts == [0]
    else:
        assert ends[-1] <= frames
        assert frames - ends[-1] < max(1, bar)


@given(songs())
def test_without_downbeats_everything_is_covered(song):
    frames, _, clip = song
    starts = clip_starts(frames, np.empty(0, dtype=np.int64), clip)
    assert len(starts) == max(1, -(-frames // clip))
    assert starts[0] == 0
    assert starts[-1] == max(0, frames - clip)
