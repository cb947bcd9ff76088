"""Turns a shard of pairs into a shard of clips: log-mels, and beats on the grid of codes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from tqdm import tqdm

from jukedrummer.audio.io import read_audio
from jukedrummer.audio.mel import log_mel
from jukedrummer.beats.factory import make_tracker
from jukedrummer.beats.representations import CodeGrid, all_arrays, represent
from jukedrummer.beats.tracker import Tracked, Tracker
from jukedrummer.config import SAMPLE_RATE, BeatsConfig, ClipConfig, MelConfig, plain
from jukedrummer.corpus.manifest import SPLITS
from jukedrummer.corpus.pairs import Pair, read_pairs
from jukedrummer.storage.files import atomic_path, sha256
from jukedrummer.storage.shards import ShardWriter, write_shard
from jukedrummer.storage.tables import cell, positive, write_table

GROUP_SECONDS = 240.0  # songs are tracked in groups that last at least this long


@dataclass(frozen=True)
class SongRow:
    """A row of the table of a shard's songs."""

    song: str = cell("id, as in the manifest")
    split: str = cell("as in the manifest", check=SPLITS)
    seconds: float = cell("length of the song", unit="s", check=positive)
    clips: int = cell("number of clips in the shard")
    beats: int = cell("number of tracked beats")
    bpm: float | None = cell(
        "median tempo; None with fewer than two beats", unit="beats a minute", check=positive
    )
    confidence: float = cell("confidence of the tracker, 0 to 1")
    warning: str = cell("what may be wrong with the song, or empty")


def write_clips(
    pairs: Path,
    output: Path,
    *,
    mel: MelConfig,
    clip: ClipConfig,
    beats: BeatsConfig,
    device: str = "cpu",
) -> None:
    """Write the clips of one shard of pairs (HDF5), and next to it a table of its songs (TSV).

    Beats are tracked in the drumless recordings, because a user's recordings have no drums. A few
    songs at a time are in memory.

    Args:
        pairs: the folder of the shard of pairs.
        output: the shard of clips, a name that ends in .h5. The table's name ends in .tsv instead.
        mel: settings of the mel.
        clip: length of the clips and of the codes.
        beats: the beat tracker.
        device: where the tracker runs, e.g. "cpu" or "cuda".

    Raises:
        UserError: the pairs are missing or damaged, or the output cannot be written.
    """
    songs, tracker = read_pairs(pairs), make_tracker(beats, device)
    attributes = {
        "mel": plain(mel),
        "tracker": {"name": tracker.name, "version": tracker.version, "config": plain(beats)},
        "source_sha256": sha256(pairs / "pairs.tsv"),
    }
    with (
        tqdm(total=len(songs), desc=f"features {pairs.name}", unit="song") as progress,
        atomic_path(output.with_suffix(".tsv")) as table,
        write_shard(output, "features", attributes) as shard,
    ):
        rows = [
            _write_song(shard, song, mel, clip) for song in _track(songs, pairs, tracker, progress)
        ]
        write_table(table, SongRow, rows)


class TrackedSong(NamedTuple):
    """A song to cut into clips.

    Attributes:
        pair: its row in the table of pairs.
        drumless: (N,) the recording.
        drums: (N,) the recording.
        tracked: beats of the drumless recording.
    """

    pair: Pair
    drumless: np.ndarray
    drums: np.ndarray
    tracked: Tracked


def _track(
    songs: list[Pair], folder: Path, tracker: Tracker, progress: "tqdm[Any]"
) -> Iterator[TrackedSong]:
    # All songs, each with its beats.
    for group in _groups(songs):
        drumless = [read_audio(folder / pair.song / "drumless.flac") for pair in group]
        results = tracker.track_many(drumless, SAMPLE_RATE)
        for pair, audio, tracked in zip(group, drumless, results, strict=True):
            yield TrackedSong(pair, audio, read_audio(folder / pair.song / "drums.flac"), tracked)
            progress.update()


def _write_song(shard: ShardWriter, song: TrackedSong, mel: MelConfig, clip: ClipConfig) -> SongRow:
    """Append the clips of a song; returns its row of the table."""
    mels = [_mel_of(audio, mel) for audio in (song.drumless, song.drums)]
    frames = mels[0].shape[1]
    starts = clip_starts(frames, _downbeats(song.tracked, mel), clip.frames)
    for start in starts:
        text = {"song": song.pair.song, "split": song.pair.split}
        shard.append(
            {**_clip(mels, song.tracked, start, mel, clip), **text, "start": start * mel.hop}
        )
    return _row(song.pair, song.tracked, len(starts), padded=frames < clip.frames)


def _groups(songs: list[Pair]) -> Iterator[list[Pair]]:
    group: list[Pair] = []
    for pair in songs:
        group.append(pair)
        if sum(member.seconds for member in group) >= GROUP_SECONDS:
            yield group
            group = []
    if group:
        yield group


def _mel_of(audio: np.ndarray, mel: MelConfig) -> np.ndarray:
    # (N,) -> (F, M) float16.
    values: np.ndarray = log_mel(torch.from_numpy(audio)[None], mel)[0].numpy()
    return values.astype(np.float16)


def _downbeats(tracked: Tracked, mel: MelConfig) -> np.ndarray:
    # Frames of the downbeats, rounded down, so that the first code of a clip has the downbeat.
    seconds = tracked.beats[tracked.beats[:, 1] == 1, 0]
    frames: np.ndarray = np.rint(seconds * SAMPLE_RATE) // mel.hop
    return frames.astype(np.int64)


def _clip(
    mels: list[np.ndarray], tracked: Tracked, start: int, mel: MelConfig, clip: ClipConfig
) -> dict[str, np.ndarray]:
    # The clip from frame `start`. The mels of drumless and drums are (F, M), of the whole song.
    drumless, drums = (_cut(part, start, clip.frames, np.log10(mel.floor)) for part in mels)
    grid = CodeGrid(start * mel.hop, clip.codes, clip.frames_per_code * mel.hop)
    beats = _without_padding(
        represent(tracked, grid), (mels[0].shape[1] - start) / clip.frames_per_code
    )
    stored = {name: beats[name].astype(array.dtype) for name, array in all_arrays().items()}
    return {"drumless_mel": drumless, "drums_mel": drums, **stored}


def clip_starts(frames: int, downbeats: np.ndarray, clip: int) -> list[int]:
    """Where to cut a song. Clips cover it from the first downbeat to its end, and overlap little.

    A clip starts at the last downbeat before the end of the previous clip, or at that end if the
    downbeat is more than a bar away. The last clip ends with the song. Less than a bar may be left
    out before the first clip and after the last. A song shorter than a clip has one clip, at 0.

    Args:
        frames: M of the song.
        downbeats: (n,) int64 frames, ascending; may be empty.
        clip: M of a clip.

    Returns:
        At least one start, ascending, in frames.
    """
    last = max(0, frames - clip)
    # At least half of a clip is not in the clip before.
    bar = min(int(np.median(np.diff(downbeats))), clip // 2) if len(downbeats) > 1 else 0
    lead_in = downbeats[downbeats < min(bar, last + 1)]
    starts = [int(lead_in[0]) if len(lead_in) else 0]
    while starts[-1] + clip + max(bar, 1) <= frames:
        end = starts[-1] + clip
        near = downbeats[(downbeats > end - bar) & (downbeats <= end)]
        starts.append(min(int(near[-1]) if len(near) else end, last))
    return starts


def _cut(mel: np.ndarray, start: int, frames: int, silence: float) -> np.ndarray:
    # (F, M) -> (F, frames). Beyond the song's end there is silence.
    part = mel[:, start : start + frames]
    return np.pad(part, ((0, 0), (0, frames - part.shape[1])), constant_values=silence)


def _without_padding(beats: dict[str, np.ndarray], codes: float) -> dict[str, np.ndarray]:
    # Phases continue for a bar after the last beat, but not beyond the song's end.
    end = int(np.ceil(codes))
    for values in beats.values():
        values[end:] = 0
    return beats


def _row(pair: Pair, tracked: Tracked, clips: int, padded: bool) -> SongRow:
    warnings = []
    if padded:
        warnings.append("shorter than a clip: padded with silence")
    if not len(tracked.beats):
        warnings.append("no beats found: clips do not start at downbeats")
    seconds = tracked.beats[:, 0]
    return SongRow(
        song=pair.song,
        split=pair.split,
        seconds=pair.seconds,
        clips=clips,
        beats=len(seconds),
        bpm=round(60 / float(np.median(np.diff(seconds))), 2) if len(seconds) > 1 else None,
        confidence=round(tracked.confidence, 4),
        warning="; ".join(warnings),
    )
