"""Turns a shard of pairs into a shard of clips: log-mels, and beats on the grid of codes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.chunks import read_chunks
from jukedrummer.audio.io import read_audio
from jukedrummer.audio.mel import log_mel_of_chunks
from jukedrummer.beats.clip_rules import activity_of, check_activity, check_length
from jukedrummer.beats.factory import make_tracker
from jukedrummer.beats.representations import CodeGrid, all_arrays, represent
from jukedrummer.beats.tracker import Tracked, Tracker
from jukedrummer.config import SAMPLE_RATE, BeatsConfig, ClipConfig, MelConfig, plain
from jukedrummer.corpus.activity import WindowLevels
from jukedrummer.corpus.manifest import SPLITS
from jukedrummer.corpus.pairs import Pair, read_pairs
from jukedrummer.corpus.rejected import Rejected, rejected_row
from jukedrummer.corpus.song import Unfit
from jukedrummer.storage.files import atomic_path, sha256
from jukedrummer.storage.shards import ShardWriter, write_shard
from jukedrummer.storage.tables import cell, positive, write_table

GROUP_SECONDS = 240.0  # songs are tracked in groups that last at least this long


@dataclass(frozen=True)
class SongRow:
    """A row of the table of a shard's songs."""

    song: str = cell("id, as in the table of pairs")
    split: str = cell("as in the table of pairs", check=SPLITS)
    seconds: float = cell("length of the song", unit="s", check=positive)
    clips: int = cell("number of the song's clips")
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
    """Write the clips of one shard of pairs (HDF5), and next to it two tables (TSV).

    `{shard}.tsv` has a row for each song, `{shard}_rejected.tsv` for each clip that was left out.
    Beats are tracked in the drumless recordings, because a user's recordings have no drums. A few
    songs at a time are in memory: their drumless recordings while beats are tracked, then their
    mels.

    Args:
        pairs: the folder of the shard of pairs.
        output: the shard, a name that ends in .h5.
        mel: settings of the mel.
        clip: length of the clips and of the codes, and the limits for clips that are left out.
        beats: the beat tracker.
        device: where the tracker runs.

    Raises:
        UserError: the pairs are missing or damaged, or the output cannot be written.
    """
    songs, tracker = read_pairs(pairs), make_tracker(beats, device)
    attributes = _attributes(pairs, tracker, mel, beats)
    with (
        tqdm(total=len(songs), desc=f"features {pairs.name}", unit="song") as progress,
        atomic_path(output.with_suffix(".tsv")) as table,
        atomic_path(output.with_name(f"{output.stem}_rejected.tsv")) as rejected_table,
        write_shard(output, "features", attributes) as shard,
    ):
        results = [
            _write_song(shard, song, mel, clip)
            for song in _track(songs, pairs, tracker, mel, progress)
        ]
        write_table(table, SongRow, [row for row, _ in results])
        write_table(rejected_table, Rejected, [row for _, rows in results for row in rows])


def _attributes(
    pairs: Path, tracker: Tracker, mel: MelConfig, beats: BeatsConfig
) -> dict[str, object]:
    # The settings and the input of the shard.
    return {
        "mel": plain(mel),
        "tracker": {"name": tracker.name, "version": tracker.version, "config": plain(beats)},
        "source_sha256": sha256(pairs / "pairs.tsv"),
    }


class RecordingParts(NamedTuple):
    """The data of one recording for its clips.

    Attributes:
        mel: (F, M) float16, log10.
        levels: (W,) levels of windows of a second, dBFS.
    """

    mel: np.ndarray
    levels: np.ndarray


class TrackedSong(NamedTuple):
    """A song to cut into clips.

    Attributes:
        pair: its row in the table of pairs.
        drumless: the recording.
        drums: the recording.
        tracked: beats of the drumless recording.
    """

    pair: Pair
    drumless: RecordingParts
    drums: RecordingParts
    tracked: Tracked


def _track(
    songs: list[Pair], folder: Path, tracker: Tracker, mel: MelConfig, progress: "tqdm[Any]"
) -> Iterator[TrackedSong]:
    # All songs, each with its beats. While a group is tracked, one song's mels are in memory.
    for group in _groups(songs):
        audio = [read_audio(folder / pair.song / "drumless.flac") for pair in group]
        results = tracker.track_many(audio, SAMPLE_RATE)
        del audio
        for pair, tracked in zip(group, results, strict=True):
            drumless, drums = (
                _recording(folder / pair.song / f"{name}.flac", mel)
                for name in ("drumless", "drums")
            )
            yield TrackedSong(pair, drumless, drums, tracked)
            del drumless, drums
            progress.update()


def _write_song(
    shard: ShardWriter, song: TrackedSong, mel: MelConfig, clip: ClipConfig
) -> tuple[SongRow, list[Rejected]]:
    """Append the clips of a song; returns its row of the table, and the clips left out."""
    mels = [song.drumless.mel, song.drums.mel]
    starts, rejected = _used_starts(song, mels[0].shape[1], mel, clip)
    for start in starts:
        constants: dict[str, np.ndarray | str | int] = {
            "song": song.pair.song,
            "split": song.pair.split,
            "start": start * mel.hop,
            "separated": np.array(song.pair.kind == "separated", dtype=np.uint8),
        }
        shard.append({**_clip(mels, song.tracked, start, mel, clip), **constants})
    padded = mels[0].shape[1] < clip.frames
    return _row(song.pair, song.tracked, len(starts), padded), rejected


def _used_starts(
    song: TrackedSong, frames: int, mel: MelConfig, clip: ClipConfig
) -> tuple[list[int], list[Rejected]]:
    # The first frames of the clips that no rule leaves out, and a row for each of the others.
    activity = activity_of(song.drums.levels, song.drumless.levels)
    second = SAMPLE_RATE / mel.hop
    used, rejected = [], []
    for start in clip_starts(frames, _downbeats(song.tracked, mel), clip.frames):
        stop = min(start + clip.frames, frames)
        try:
            check_length(frames, clip)
            check_activity(activity, start / second, stop / second, clip)
        except Unfit as error:
            row = rejected_row(song.pair.song, song.pair.source, error, clip=start / second)
            rejected.append(row)
        else:
            used.append(start)
    return used, rejected


def _groups(songs: list[Pair]) -> Iterator[list[Pair]]:
    group: list[Pair] = []
    for pair in songs:
        group.append(pair)
        if sum(member.seconds for member in group) >= GROUP_SECONDS:
            yield group
            group = []
    if group:
        yield group


def _recording(path: Path, mel: MelConfig) -> RecordingParts:
    levels = WindowLevels()

    def mono(chunks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        for chunk in chunks:
            audio = chunk.mean(axis=1, dtype=np.float32)
            levels.add(audio)
            yield audio

    with read_chunks(path) as chunks:
        parts = [part.numpy().astype(np.float16) for part in log_mel_of_chunks(mono(chunks), mel)]
    return RecordingParts(np.concatenate(parts, axis=1), levels.finish())


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
    if not clips:
        warnings.append("no clips: all are left out")
    elif padded:
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
