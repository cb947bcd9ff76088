"""The command `beats`: the tracked beats of one song as a table, a picture and clicks."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import resample, write_audio
from jukedrummer.beats.annotations import write_beats
from jukedrummer.beats.tracker import Tracked, Tracker, doubt
from jukedrummer.config import BEATS, SAMPLE_RATE, BeatsConfig, parse_options, plain
from jukedrummer.errors import UserError
from jukedrummer.songs.clicks import with_clicks
from jukedrummer.songs.limits import LEAST_SECONDS, checked_device
from jukedrummer.songs.reading import read_song, song_mono
from jukedrummer.songs.summary import summary_line
from jukedrummer.storage.files import check_outputs, check_writable, output_files

BEATS_FILES = ("beats.png", "clicks.wav", "beats.tsv")


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
    force: bool = False,
) -> str:
    """Track the beats of a song: writes beats.tsv, beats.png and clicks.wav.

    Listen to clicks.wav first. If the tempo is doubled or halved, narrow --min-bpm and --max-bpm.
    If bars start on the wrong beat, set --beats-per-bar. Or edit beats.tsv and pass it to
    jukedrummer accompany as --beats. All files are written at the end, or none. Files that exist
    are an error without --force. The song is never replaced.

    Args:
        song: Audio file of at least a second and 4,000 samples a second, with any channels.
        output: Folder for the results; created if needed. It may have other files.
        model: Bundle whose tracker and settings are used, as in jukedrummer accompany.
        tracker: madmom, drum_aware or beat_this; default: madmom, or the bundle's.
        weights: drum_aware: folder of its model; beat_this: its checkpoint file.
        min_bpm: Slowest tempo, 20 to 300 beats a minute; default: 55, or the bundle's.
        max_bpm: Fastest tempo, 40 to 400 beats a minute; default: 200, or the bundle's.
        beats_per_bar: Meter to expect, 2 to 12; repeat for more; default: 3 and 4, or the bundle's.
        device: cpu or cuda; default: cuda if there is a GPU.
        force: Replace the files of an earlier run in the output folder.

    Returns:
        Number of beats, tempo, meter and confidence, in a line.

    Raises:
        UserError: the song or the tracker is not usable, or the folder is not writable or has files
            that may not be replaced.
    """
    options = {
        "tracker": tracker,
        "weights": weights,
        "min_bpm": min_bpm,
        "max_bpm": max_bpm,
        "beats_per_bar": beats_per_bar or None,
    }
    settings = {name: value for name, value in options.items() if value is not None}
    device = checked_device(device)
    inputs = [song, Path(weights)] if weights else [song]
    check_outputs(output, BEATS_FILES, inputs, force)
    samples, sample_rate = _read(song)
    check_writable(output)
    mono, tracked = _track(song, samples, sample_rate, choose_tracker(settings, device, model))
    with output_files(output, BEATS_FILES, inputs, force) as made:
        _write(made, song, samples, sample_rate, mono, tracked)
    return summary_line(tracked)


def _read(song: Path) -> tuple[np.ndarray, int]:
    samples, sample_rate = read_song(song)
    seconds = len(samples) / sample_rate
    if seconds < LEAST_SECONDS:
        raise UserError(
            f"{song}: lasts {seconds:.2f} s; "
            f"at least {LEAST_SECONDS:g} s are needed to track its beats"
        )
    return samples, sample_rate


def _track(
    song: Path, samples: np.ndarray, sample_rate: int, tracker: Tracker
) -> tuple[np.ndarray, Tracked]:
    """The song as the tracker receives it, and its beats."""
    seconds = len(samples) / sample_rate
    tqdm.write(f"analysing {seconds:.0f} s with {tracker.name}", file=sys.stderr)
    mono, note = song_mono(samples)
    mono = resample(mono, sample_rate, SAMPLE_RATE)
    tracked = tracker.track(mono, SAMPLE_RATE)
    for warning in filter(None, (note, doubt(tracked.beats, tracked.confidence))):
        print(f"{song}: {warning}", file=sys.stderr)
    return mono, tracked


def _write(
    folder: Path,
    song: Path,
    samples: np.ndarray,
    sample_rate: int,
    mono: np.ndarray,
    tracked: Tracked,
) -> None:
    tqdm.write("drawing, and adding clicks", file=sys.stderr)
    from jukedrummer.report.beats_figure import DPI, beats_figure

    figure = beats_figure(mono, SAMPLE_RATE, tracked, song.name)
    figure.savefig(folder / "beats.png", dpi=DPI)
    clicks = with_clicks(samples, sample_rate, tracked.beats)
    write_audio(folder / "clicks.wav", clicks, sample_rate)
    write_beats(folder / "beats.tsv", tracked.beats)


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
