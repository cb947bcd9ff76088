"""The longest copied run, against a slow search."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jukedrummer.errors import UserError
from jukedrummer.evaluation.copying import copying, longest_copies, window_hashes
from jukedrummer.evaluation.reference import ANNOTATED, Reference
from jukedrummer.storage.shards import write_shard
from tests.tiny import pair, write_models, write_pairs_table


def slow_longest(piece: np.ndarray, training: np.ndarray) -> int:
    """Every start of the piece, every start of every clip."""
    return max(
        (
            length
            for clip in training.tolist()
            for start in range(len(piece))
            for place in range(len(clip))
            for length in range(1, min(len(piece) - start, len(clip) - place) + 1)
            if piece[start : start + length].tolist() == clip[place : place + length]
        ),
        default=0,
    )


@given(st.integers(0, 100_000))
def test_the_longest_run_is_that_of_a_slow_search(seed: int) -> None:
    random = np.random.default_rng(seed)
    training = random.integers(0, 3, (3, 9)).astype(np.uint16)
    pieces = [random.integers(0, 4, random.integers(1, 13)).astype(np.uint16) for _ in range(3)]
    assert longest_copies(pieces, training) == [slow_longest(piece, training) for piece in pieces]


def test_a_copied_passage_is_found_in_many_clips() -> None:
    random = np.random.default_rng(0)
    training = random.integers(0, 1_000, (600, 64))
    own = random.integers(1_000, 2_000, 200)
    piece = np.concatenate([own[:90], training[577, 11:48], own[90:]])
    assert longest_copies([piece, own, training[3]], training) == [37, 0, 64]


def test_windows_with_the_same_codes_have_the_same_hash_and_others_another() -> None:
    codes = np.random.default_rng(0).integers(0, 2, (20, 60))
    for length in range(1, 20):
        hashes = window_hashes(codes, length)
        windows = np.lib.stride_tricks.sliding_window_view(codes, length, axis=1)
        assert hashes.shape == windows.shape[:2]
        kinds = {tuple(window) for window in windows.reshape(-1, length).tolist()}
        pairs = set(
            zip(
                map(tuple, windows.reshape(-1, length).tolist()),
                hashes.ravel().tolist(),
                strict=True,
            )
        )
        assert len(pairs) == len(kinds) == len(np.unique(hashes))
    assert window_hashes(codes, 61).shape == (20, 0)


def write_songs(folder: Path) -> tuple[Path, list[Path], list[Path]]:
    """Two home songs, one with two clips, an away song and a training song; drums of a model.

    Returns:
        The folders of generated drums, of pairs, and the shards of codes.
    """
    clips = {
        "train": ("train", [[1, 2, 3, 4, 5, 6]]),
        "a": ("test", [[1, 2, 7, 7, 7, 7], [9, 3, 4, 5, 9, 9]]),
        "b": ("test", [[9] * 6]),
        "abroad": ("away", [[1, 2, 3, 4, 5, 6]]),
    }
    with write_shard(folder / "codes.h5", "codes", {}) as shard:
        for song, (split, rows) in clips.items():
            for row in rows:
                codes = np.array(row, np.uint16)
                shard.append({"drums": codes, "song": song, "split": split})
    pairs = [write_pairs_table(folder, *(pair(song, clips[song][0], 9.0) for song in clips))]
    for song, codes in (("a", [7, 2, 3, 4, 5, 6, 7, 1]), ("b", [8, 8]), ("abroad", [9, 1, 2])):
        (folder / "generated" / song).mkdir(parents=True)
        np.save(folder / "generated" / song / "codes.npy", np.array(codes, np.uint16))
    return folder / "generated", pairs, [folder / "codes.h5"]


def test_copying_is_in_seconds_beside_that_of_the_real_drums(tmp_path: Path) -> None:
    generated, pairs, codes = write_songs(tmp_path)
    lm = write_models(tmp_path / "models")["lm"]
    songs = [Reference(song, tmp_path, np.zeros((0, 2)), ANNOTATED) for song in ("a", "b")]
    runs = copying(generated, pairs, codes, lm)
    result = runs.intervals(songs, 200)
    code = 4 * 256 / 44_100
    assert runs.generated == pytest.approx({"a": 5 * code, "b": 0, "abroad": 2 * code})
    assert runs.real == pytest.approx({"a": 3 * code, "b": 0, "abroad": 6 * code})
    assert result["generated"]["mean"] == pytest.approx((5 + 0) / 2 * code)
    assert result["real"]["mean"] == pytest.approx((3 + 0) / 2 * code)
    assert result["generated"]["n"] == result["real"]["n"] == 2
    (generated / "b" / "codes.npy").unlink()
    with pytest.raises(UserError, match=r"b/codes.npy: cannot be read .*run the stage generate"):
        copying(generated, pairs, codes, lm)
