"""The command `beats`: the tracked beats of one song as a table, a picture and clicks."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import read_channels, resample, write_audio
from jukedrummer.beats.annotations import write_beats
from jukedrummer.beats.tracker import Tracker, doubt
from jukedrummer.config import BEATS, SAMPLE_RATE, BeatsConfig, parse_options, plain
from jukedrummer.errors import UserError
from jukedrummer.songs.clicks import with_clicks
from jukedrummer.songs.limits import LEAST_SECONDS, checked_device
from jukedrummer.songs.summary import summary_line
from jukedrummer.storage.files import atomic_path, check_writable


def beats(
    song: Path,
    output: Path = Path("out"),
    model: Path | None = None,
    tracker: str | None = None,
    weights: str | None = None,
    min_bpm: float | None = None,
    max_bpm: float | None = None,
    beats_per_bar: list[int] | None = None,
    device: str | None = None,
) -> str:
    """Track the beats of a song: writes beats.tsv, beats.png and clicks.wav.

    Listen to clicks.wav first. If the tempo is doubled or halved, narrow --min-bpm and --max-bpm.
    If bars start on the wrong beat, set --beats-per-bar. Or edit beats.tsv and pass it to
    jukedrummer accompany as --beats.

    Args:
        song: Audio file with any sample rate and channels, at least one second long.
        output: Folder for the results; created if needed.
        model: Bundle whose tracker and settings are used, as in jukedrummer accompany.
        tracker: madmom, drum_aware or beat_this; default: madmom, or the bundle's.
        weights: drum_aware: folder of its model; beat_this: its checkpoint file.
        min_bpm: Slowest tempo, 20 to 300 beats a minute; default: 55, or the bundle's.
        max_bpm: Fastest tempo, 40 to 400 beats a minute; default: 200, or the bundle's.
        beats_per_bar: Meter to expect, 2 to 12; repeat for more; default: 3 and 4, or the bundle's.
        device: cpu or cuda; default: cuda if there is a GPU.

    Returns:
        Number of beats, tempo, meter and confidence, in a line.

    Raises:
        UserError: the song or the tracker is not usable, or the folder is not writable.
    """
    options = {
        "tracker": tracker,
        "weights": weights,
        "min_bpm": min_bpm,
        "max_bpm": max_bpm,
        "beats_per_bar": beats_per_bar or None,
    }
    settings = {name: value for name, value in options.items() if value is not None}
    return _track(song, output, settings, checked_device(device), model)


def _track(
    song: Path, output: Path, settings: dict[str, Any], device: str, model: Path | None
) -> str:
    samples, sample_rate = read_channels(song)
    seconds = len(samples) / sample_rate
    if seconds < LEAST_SECONDS:
        raise UserError(
            f"{song}: lasts {seconds:.2f} s; "
            f"at least {LEAST_SECONDS:g} s are needed to track its beats"
        )
    check_writable(output)
    tracker = choose_tracker(settings, device, model)
    tqdm.write(f"analysing {seconds:.0f} s with {tracker.name}", file=sys.stderr)
    mono = resample(samples.mean(axis=1, dtype=np.float32), sample_rate, SAMPLE_RATE)
    tracked = tracker.track(mono, SAMPLE_RATE)
    if reason := doubt(tracked.beats, tracked.confidence):
        print(f"{song}: {reason}", file=sys.stderr)
    tqdm.write("drawing, and adding clicks", file=sys.stderr)
    from jukedrummer.report.beats_figure import DPI, beats_figure

    figure = beats_figure(mono, SAMPLE_RATE, tracked, song.name)
    clicks = with_clicks(samples, sample_rate, tracked.beats)
    # The small files get their names after clicks.wav is written, because it may fill the disk.
    with atomic_path(output / "beats.png") as picture, atomic_path(output / "beats.tsv") as table:
        figure.savefig(picture, dpi=DPI)
        write_beats(table, tracked.beats)
        write_audio(output / "clicks.wav", clicks, sample_rate)
    return summary_line(tracked)


def choose_tracker(settings: dict[str, Any], device: str, model: Path | None = None) -> Tracker:
    """The tracker of the command `beats`.

    Args:
        settings: differences from the defaults or from the bundle's settings, by key of the section
            `beats`. A tracker that is not the bundle's starts from its own defaults.
        device: cpu or cuda.
        model: a bundle.

    Raises:
        UserError: a setting is wrong, or the bundle, a network, a file or a package is not usable.
    """
    from jukedrummer.beats.factory import make_tracker

    if model is None:
        return make_tracker(_parsed(settings), device)
    from jukedrummer.songs.drummer import Drummer

    drummer = Drummer.load(model, device)
    own = drummer.beats.kind_name
    if settings.get("tracker", own) != own:
        return make_tracker(_parsed(settings), device)
    config = _parsed(plain(drummer.beats) | settings)
    if "weights" in settings:
        return make_tracker(config, device)
    return drummer.tracker_with(config)


def _parsed(settings: dict[str, Any]) -> BeatsConfig:
    """The settings as a section. Errors name the options, e.g. `--min-bpm`."""
    name = settings.get(BEATS.tag, BEATS.registry.names[0])
    with_weights = [
        other for other in BEATS.registry.names if "weights" in BEATS.config_of(other).model_fields
    ]
    if "weights" in settings and name in BEATS.registry and name not in with_weights:
        raise UserError(
            "--weights needs a tracker that loads weights; "
            f"name it: --tracker {' or '.join(with_weights)}"
        )
    return parse_options(BeatsConfig, settings, BEATS)
