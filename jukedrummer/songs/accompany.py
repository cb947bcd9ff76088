"""One song: read it, play along, write what came of it."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jukedrummer.audio.io import read_channels, write_audio
from jukedrummer.beats.annotations import write_beats
from jukedrummer.beats.given import NAME as GIVEN
from jukedrummer.beats.given import GivenBeats
from jukedrummer.beats.tracker import doubt
from jukedrummer.config import GenerateConfig, parse_options, plain
from jukedrummer.errors import UserError
from jukedrummer.songs.drummer import Accompaniment, Drummer
from jukedrummer.storage.files import check_writable, write_json
from jukedrummer.storage.weights import default_device


def accompany(
    song: Path,
    model: Path,
    output: Path,
    settings: dict[str, Any],
    device: str | None = None,
    given: GivenBeats | None = None,
) -> Path:
    """Play drums along with the file `song`.

    Args:
        song: audio of any common format.
        model: the bundle to play with.
        output: folder for `drums.wav`, `mix.wav`, `beats.tsv`, `accompaniment.json`.
        settings: what differs from the bundle's sampling settings, by key of `GenerateConfig`.
        device: cpu or cuda; by default cuda where there is a GPU.
        given: the song's beats, where they are known; else they are tracked.

    Returns:
        The folder.

    Raises:
        UserError: the song, its beats, the bundle or a setting is not usable, or the folder not writable.
    """
    device = checked_device(device)
    samples, sample_rate = read_channels(song)
    beats = given.beats(len(samples) / sample_rate) if given else None
    check_writable(output)
    drummer = Drummer.load(model, device)
    chosen = parse_options(GenerateConfig, plain(drummer.generate) | settings)
    try:
        result = drummer.accompany(samples, sample_rate, chosen, progress=True, beats=beats)
    except UserError as error:
        raise UserError(f"{song}: {error}") from error
    for warning in _warnings(result, drummer):
        print(f"{song}: {warning}", file=sys.stderr)
    write_audio(output / "drums.wav", result.drums, sample_rate)
    write_audio(output / "mix.wav", result.mix, sample_rate)
    write_beats(output / "beats.tsv", result.beats)
    write_json(
        output / "accompaniment.json",
        {
            "song": song.name,
            "model": model.name,
            "model_sha256": drummer.model_sha256,
            **asdict(chosen),
            "beats": len(result.beats),
            "beats_from": result.tracker,
            "beat_confidence": round(result.confidence, 3),
            "mix_gain": result.mix_gain,
        },
    )
    return output


def checked_device(device: str | None) -> str:
    """What `--device` says; by default cuda where there is a GPU.

    Raises:
        UserError: neither cpu nor cuda, or cuda where there is no GPU.
    """
    if device is None:
        return default_device()
    if device not in ("cpu", "cuda"):
        raise UserError(f"--device is {device!r}; choose cpu or cuda")
    if device == "cuda" and default_device() != "cuda":
        raise UserError("--device is cuda, but this PyTorch sees no GPU; leave the option out")
    return device


def _warnings(result: Accompaniment, drummer: Drummer) -> Iterator[str]:
    given = result.tracker == GIVEN
    told = drummer.infos["lm"].config
    otherwise = (
        "the drums go by the sound alone" if told["encoder"] else "the drums have nothing to go by"
    )
    if told["beats"] == "none":
        if given:
            yield "the beats you gave are ignored: this bundle was trained without any (lm.beats none)"
        if not told["encoder"]:
            yield "this bundle is told neither the recording nor its beats: the drums have nothing to go by"
    elif given and len(result.beats) == 1:
        yield f"one beat tells no tempo; {otherwise}"
    elif reason := doubt(result.beats, result.confidence):
        yield reason + ("" if len(result.beats) else f"; {otherwise}")
