"""A shard of pairs -> a shard of clips: log-mels and beats on the grid of the codes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from jukedrummer.audio.io import read_audio
from jukedrummer.audio.mel import log_mel
from jukedrummer.beats.representations import BeatFeatures, CodeGrid, represent
from jukedrummer.beats.tracker import Tracked, make_tracker
from jukedrummer.config import BeatsConfig, ClipConfig, MelConfig, plain
from jukedrummer.corpus.pairs import Pair, read_pairs
from jukedrummer.storage.files import atomic_path, rows_text, sha256
from jukedrummer.storage.shards import write_shard

GROUP_SECONDS = 240.0  # songs are tracked together until they last this long


@dataclass(frozen=True)
class SongRow:
    """A row of the table beside the shard: what was found in a song."""

    song: str
    split: str
    seconds: float
    clips: int
    beats: int
    bpm: float | None  # median; None where there are fewer than two beats
    confidence: float
    warning: str


def features(
    pairs: Path,
    output: Path,
    *,
    mel: MelConfig,
    clip: ClipConfig,
    beats: BeatsConfig,
    device: str = "cpu",
) -> None:
    """Write the clips of one shard of pairs to `output` (HDF5) and a table of its songs beside it (TSV).

    Beats are tracked on the drumless audio, which is what there is when drums are wanted. A few songs at a
    time are in memory.

    Args:
        pairs: the folder of the shard.
        output: a name that ends in .h5; the table has the same name with .tsv.
        device: where the tracker runs, e.g. "cpu" or "cuda".

    Raises:
        UserError: the pairs are missing or damaged, or the output cannot be written.
    """
    songs = read_pairs(pairs)
    tracker = make_tracker(beats, device)
    attributes = {
        "mel": plain(mel),
        "tracker": {"name": tracker.name, "version": tracker.version, "config": plain(beats)},
        "source_sha256": sha256(pairs / "pairs.tsv"),
    }
    rows: list[SongRow] = []
    progress = tqdm(total=len(songs), desc=f"features {pairs.name}", unit="song")
    with (
        progress,
        atomic_path(output.with_suffix(".tsv")) as table,
        write_shard(output, "features", attributes) as shard,
    ):
        for group in _groups(songs):
            drumless = [
                read_audio(pairs / pair.song / "drumless.flac", mel.sample_rate) for pair in group
            ]
            tracked = tracker.track_many(drumless, mel.sample_rate)
            for pair, audio, found in zip(group, drumless, tracked, strict=True):
                drums = read_audio(pairs / pair.song / "drums.flac", mel.sample_rate)
                mels = [_mel_of(part, mel) for part in (audio, drums)]
                starts = clip_starts(mels[0].shape[1], _downbeats(found, mel), clip.frames)
                for start in starts:
                    names = {"song": pair.song, "split": pair.split, "start": start * mel.hop}
                    shard.append(_clip(mels, found, start, mel, clip) | names)
                rows.append(_row(pair, found, len(starts), padded=mels[0].shape[1] < clip.frames))
                progress.update()
        table.write_text(rows_text(SongRow, rows), encoding="utf-8")


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
    return log_mel(torch.from_numpy(audio)[None], mel)[0].numpy().astype(np.float16)


def _downbeats(tracked: Tracked, mel: MelConfig) -> np.ndarray:
    # Frames that hold the downbeats: rounded down, so that a clip's first code holds the downbeat.
    seconds = tracked.beats[tracked.beats[:, 1] == 1, 0]
    return (np.rint(seconds * mel.sample_rate) // mel.hop).astype(np.int64)


def _clip(
    mels: list[np.ndarray], tracked: Tracked, start: int, mel: MelConfig, clip: ClipConfig
) -> dict[str, np.ndarray]:
    # One clip from frame `start`; mels of drumless and drums are (F, M) of the whole song.
    drumless, drums = (_cut(part, start, clip.frames, np.log10(mel.floor)) for part in mels)
    grid = CodeGrid(start * mel.hop, clip.codes, clip.frames_per_code * mel.hop, mel.sample_rate)
    beats = _without_padding(
        represent(tracked, grid), (mels[0].shape[1] - start) / clip.frames_per_code
    )
    return {
        "drumless_mel": drumless,
        "drums_mel": drums,
        "low": beats.low.astype(np.float16),
        "mid": beats.mid,
        "high": beats.high,
        "phase": beats.phase.astype(np.float16),
    }


def clip_starts(frames: int, downbeats: np.ndarray, clip: int) -> list[int]:
    """Where to cut a song: clips cover it from the first downbeat to its end, and overlap little.

    A clip starts at the last downbeat before the end of the clip before, or there where that is more than a
    bar away. The last clip ends with the song. Less than a bar is left out before the first clip, and after
    the last where the next would add no more. A song shorter than a clip has one, at 0.

    Args:
        frames: M of the song.
        downbeats: (n,) int64 frames, ascending; may be empty.
        clip: M of a clip.

    Returns:
        At least one start, ascending, in frames.
    """
    last = max(0, frames - clip)
    # A clip is at least half new.
    bar = min(int(np.median(np.diff(downbeats))), clip // 2) if len(downbeats) > 1 else 0
    lead_in = downbeats[downbeats < min(bar, last + 1)]
    starts = [int(lead_in[0]) if len(lead_in) else 0]
    while starts[-1] + clip + max(bar, 1) <= frames:
        end = starts[-1] + clip
        near = downbeats[(downbeats > end - bar) & (downbeats <= end)]
        starts.append(min(int(near[-1]) if len(near) else end, last))
    return starts


def _cut(mel: np.ndarray, start: int, frames: int, silence: float) -> np.ndarray:
    # (F, M) -> (F, frames), padded with silence beyond the song's end.
    part = mel[:, start : start + frames]
    return np.pad(part, ((0, 0), (0, frames - part.shape[1])), constant_values=silence)


def _without_padding(beats: BeatFeatures, codes: float) -> BeatFeatures:
    # The beat goes on for a bar after the last one; beyond the song's end there is none.
    end = int(np.ceil(codes))
    for values in (beats.low, beats.mid, beats.high, beats.phase):
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
