"""Where the beat of one song is: to read, to see and to hear, before any drums are played to it."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import SAMPLE_RATE, peak_gain, read_channels, resample, write_audio
from jukedrummer.beats.annotations import usual_bpm, write_beats
from jukedrummer.beats.representations import bar_positions
from jukedrummer.beats.tracker import Tracked, Tracker, doubt, make_tracker
from jukedrummer.config import BeatsConfig, parse_options, plain
from jukedrummer.errors import UserError
from jukedrummer.report.beats_figure import DPI, beats_figure
from jukedrummer.songs.drummer import LEAST_SECONDS, Drummer
from jukedrummer.storage.files import atomic_path, check_writable

CLICK_SECONDS = 0.03
DOWNBEAT_HERTZ = 2_000.0  # other beats: an octave lower
CLICK_LEVEL = 0.7  # of the song's peak


@dataclass(frozen=True)
class BeatSummary:
    """What a person asks of a song's beats: how many, how fast, how they are counted.

    Attributes:
        beats: their number.
        bpm: usual tempo in beats a minute; None with fewer than two beats.
        meter: beats a bar, of most of the beats; None without beats.
    """

    beats: int
    bpm: float | None
    meter: int | None


def beats(
    song: Path,
    output: Path,
    settings: dict[str, Any],
    device: str = "cpu",
    model: Path | None = None,
) -> str:
    """Track the beats of the file `song`.

    Args:
        song: audio of any common format.
        output: folder for `beats.tsv`, `beats.png` (waveform, activations, beats, tempo) and
            `clicks.wav` (the song with a click on each beat).
        settings: what differs from the default, or from the bundle's, by key of `BeatsConfig`.
        device: cpu or cuda.
        model: a bundle, to hear the beat that `accompany` would follow.

    Returns:
        A line that says what was found.

    Raises:
        UserError: the song or the tracker is not usable, or the folder not writable.
    """
    samples, sample_rate = read_channels(song)
    seconds = len(samples) / sample_rate
    if seconds < LEAST_SECONDS:
        raise UserError(
            f"{song}: lasts {seconds:.2f} s; at least {LEAST_SECONDS:g} s are needed to hear a beat"
        )
    check_writable(output)
    tracker = _tracker(settings, device, model)
    tqdm.write(f"listening to {seconds:.0f} s with {tracker.name}", file=sys.stderr)
    mono = resample(samples.mean(axis=1, dtype=np.float32), sample_rate, SAMPLE_RATE)
    tracked = tracker.track(mono, SAMPLE_RATE)
    if reason := doubt(tracked.beats, tracked.confidence):
        print(f"{song}: {reason}", file=sys.stderr)
    tqdm.write("drawing, and adding clicks", file=sys.stderr)
    figure = beats_figure(mono, SAMPLE_RATE, tracked, song.name)
    # The small files get their names only when the large one, which may fill the disk, is there.
    with atomic_path(output / "beats.png") as picture, atomic_path(output / "beats.tsv") as table:
        figure.savefig(picture, dpi=DPI)
        write_beats(table, tracked.beats)
        write_audio(
            output / "clicks.wav", with_clicks(samples, sample_rate, tracked.beats), sample_rate
        )
    return describe(tracked)


def _tracker(settings: dict[str, Any], device: str, model: Path | None) -> Tracker:
    drummer = Drummer.load(model, device) if model else None
    base = drummer.beats if drummer else BeatsConfig()
    if settings.get("tracker", base.tracker) != base.tracker:
        base = BeatsConfig()  # the bundle's thresholds are its own tracker's
    config = parse_options(BeatsConfig, plain(base) | settings)
    if config.weights and config.tracker == "madmom":
        raise UserError(
            "--weights are those of another tracker; name it: --tracker drum_aware or beat_this"
        )
    if drummer is None or config.tracker != drummer.beats.tracker or config.weights:
        return make_tracker(config, device)
    drummer.beats = config
    return drummer.tracker


def with_clicks(samples: np.ndarray, sample_rate: int, beats: np.ndarray) -> np.ndarray:
    """A recording with a click that starts on the sample of each beat, an octave higher on downbeats.

    Clicks are as loud as the recording, so that they neither drown nor startle.

    Args:
        samples: (N, channels) float32.
        beats: (n, 2) seconds, bar position.

    Returns:
        (N, channels) float32, turned down where it would clip.
    """
    result = samples.copy()
    level = CLICK_LEVEL * float(np.abs(samples).max(initial=0.0))
    downbeat, other = (
        level * _click(hertz, sample_rate) for hertz in (DOWNBEAT_HERTZ, DOWNBEAT_HERTZ / 2)
    )
    for time, position in beats:
        start = round(time * sample_rate)
        place = result[start : start + len(other)]
        place += (downbeat if position == 1 else other)[: len(place), None]
    result *= peak_gain(result)
    return result


def _click(hertz: float, sample_rate: int) -> np.ndarray:
    """A decaying cosine, loudest on its first sample: (n,) float32."""
    seconds = np.arange(max(1, round(CLICK_SECONDS * sample_rate))) / sample_rate
    tone = np.cos(2 * np.pi * hertz * seconds) * np.exp(-seconds / (CLICK_SECONDS / 5))
    return tone.astype(np.float32)


def summary(beats: np.ndarray) -> BeatSummary:
    """Number, tempo and meter of beats (n, 2)."""
    meters = bar_positions(beats[:, 1])[0].astype(int) if len(beats) else np.empty(0, int)
    return BeatSummary(
        beats=len(beats),
        bpm=usual_bpm(beats) if len(beats) > 1 else None,
        meter=int(np.bincount(meters).argmax()) if len(meters) else None,
    )


def describe(tracked: Tracked) -> str:
    """The summary as a line, with the tracker's confidence."""
    found = summary(tracked.beats)
    parts = [f"{found.beats} beat{'s' * (found.beats != 1)}"]
    if found.bpm is not None:
        parts.append(f"{found.bpm:.1f} BPM")
    if found.meter is not None:
        parts.append(f"{found.meter} beats a bar")
    return ", ".join([*parts, f"confidence {tracked.confidence:.2f} ({tracked.tracker})"])
