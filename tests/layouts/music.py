"""Music for copies of data sets: stems that the demo's composer makes, as stereo, and their beats.

A song is a matter of its seed: the same seed gives the same samples. It starts shortly before a
bar, so a few seconds have drums, bass, chords and a melody.
"""

import functools
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.demo.band import play_band
from jukedrummer.corpus.demo.drums import DrumPlayer
from jukedrummer.corpus.demo.plan import Plan, make_plan
from jukedrummer.corpus.demo.render import Band, render_stems
from jukedrummer.corpus.render import default_soundfont

PARTS = ("drums", "bass", "other", "vocals")
PANNING = {"drums": (1.0, 0.9), "bass": (0.9, 0.9), "other": (0.6, 1.0), "vocals": (1.0, 0.7)}
LEAD_SECONDS = 0.1  # before the first bar
SHORTEST_SECONDS = 8.0  # of a song that the composer writes


@functools.cache
def _band() -> Band:
    return Band(default_soundfont())


def _planned(seed: int, seconds: float) -> tuple[Plan, float]:
    # The plan, and where the excerpt starts.
    plan = make_plan(seed, seed, False, max(seconds + 3, SHORTEST_SECONDS))
    bar = next(time for time, position in plan.beats if position == 1)
    return plan, max(0.0, bar - LEAD_SECONDS)


@functools.cache
def _rendered(seed: int, seconds: float) -> dict[str, np.ndarray]:
    # (N, 2) float32 of a whole song that can be cut to `seconds`.
    plan, _ = _planned(seed, seconds)
    audio = render_stems(_band(), DrumPlayer(plan).play(), play_band(plan), plan.kit, plan.seconds)
    return {
        name: audio[name][:, None] / np.float32(32_768) * np.array(PANNING[name], np.float32)
        for name in PARTS
    }


def stems(seed: int, seconds: float = 3.0) -> dict[str, np.ndarray]:
    """The stems of a song: drums, bass, other and vocals, (N, 2) float32 at 44,100 Hz.

    Their sum has no sample beyond 1.
    """
    _, start = _planned(seed, seconds)
    first, samples = round(start * SAMPLE_RATE), round(seconds * SAMPLE_RATE)
    song = _rendered(seed, max(seconds, SHORTEST_SECONDS - 3))
    return {name: audio[first : first + samples].copy() for name, audio in song.items()}


def mixture(seed: int, seconds: float = 3.0) -> np.ndarray:
    """The sum of the stems of a song, (N, 2) float32 at 44,100 Hz."""
    total: np.ndarray = sum(stems(seed, seconds).values(), start=np.float32(0))
    return total


def beats(seed: int, seconds: float = 3.0) -> list[tuple[float, int]]:
    """The beats of a song: seconds, and the position in the bar from 1."""
    plan, start = _planned(seed, seconds)
    first = round(start * SAMPLE_RATE) / SAMPLE_RATE
    return [
        (time - first, position) for time, position in plan.beats if 0 <= time - first < seconds
    ]


def style(seed: int) -> str:
    """The genre of a song."""
    return make_plan(seed, seed, False, SHORTEST_SECONDS).style.name


def write_beats(path: Path, seed: int, seconds: float = 3.0) -> None:
    """Write the beats of a song as `beats.tsv`."""
    rows = (f"{time:.6f}\t{position}\n" for time, position in beats(seed, seconds))
    path.write_text("".join(rows))


def write(path: Path, audio: np.ndarray, rate: int = SAMPLE_RATE, subtype: str = "PCM_16") -> None:
    """Write a wav, flac, ogg or mp3 file; folders are made.

    Args:
        path: its suffix is the format.
        audio: (N, 2) float32 at 44,100 Hz, or (N,) for mono.
        rate: samples a second of the file.
        subtype: soundfile's name of the coding, e.g. PCM_24 or FLOAT; of wav and flac only.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if rate != SAMPLE_RATE:
        audio = soxr.resample(audio, SAMPLE_RATE, rate)
    coding = subtype if path.suffix.lower() in (".wav", ".flac") else None
    soundfile.write(path, audio, rate, subtype=coding)


def write_streams(path: Path, streams: list[np.ndarray]) -> None:
    """Write an MP4 with one AAC stream (256 kbit/s, 44,100 Hz) for each recording; needs ffmpeg.

    Args:
        path: the file; folders are made.
        streams: (N, 2) float32 each.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        command: list[str] = ["ffmpeg", "-v", "error", "-y"]
        for number, audio in enumerate(streams):
            write(Path(folder, f"{number}.wav"), audio)
            command += ["-i", str(Path(folder, f"{number}.wav"))]
        for number in range(len(streams)):
            command += ["-map", f"{number}:a"]
        command += ["-c:a", "aac", "-b:a", "256k", "-f", "mp4", f"file:{path}"]
        subprocess.run(command, check=True)
