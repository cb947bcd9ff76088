"""One song: read it, play along, write what came of it."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jukedrummer.audio import read_channels, write_audio
from jukedrummer.beats.annotations import write_beats
from jukedrummer.config import GenerateConfig, parse, plain
from jukedrummer.drummer import Accompaniment, Drummer
from jukedrummer.errors import UserError
from jukedrummer.files import check_writable, write_json
from jukedrummer.weights import default_device

DOUBTFUL = 0.15  # tracker confidence below which the beat may be wrong; clear songs have 0.3 and more


def accompany(
    song: Path, model: Path, output: Path, settings: dict[str, Any], device: str | None = None
) -> Path:
    """Play drums along with the file `song`.

    Args:
        song: audio of any common format.
        model: the bundle to play with.
        output: folder for `drums.wav`, `mix.wav`, `beats.tsv`, `accompaniment.json`.
        settings: what differs from the bundle's sampling settings, by key of `GenerateConfig`.
        device: cpu or cuda; by default cuda where there is a GPU.

    Returns:
        The folder.

    Raises:
        UserError: the song, the bundle or a setting is not usable, or the folder not writable.
    """
    device = _checked(device or default_device())
    samples, sample_rate = read_channels(song)
    check_writable(output)
    drummer = Drummer.load(model, device)
    chosen = parse(GenerateConfig, plain(drummer.generate) | settings, "option")
    try:
        result = drummer.accompany(samples, sample_rate, chosen, progress=True)
    except UserError as error:
        raise UserError(f"{song}: {error}") from error
    _warn(song, result)
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
            "beat_confidence": round(result.confidence, 3),
            "mix_gain": result.mix_gain,
        },
    )
    return output


def _checked(device: str) -> str:
    if device not in ("cpu", "cuda"):
        raise UserError(f"--device is {device!r}; choose cpu or cuda")
    if device == "cuda" and default_device() != "cuda":
        raise UserError("--device is cuda, but this PyTorch sees no GPU; leave the option out")
    return device


def _warn(song: Path, result: Accompaniment) -> None:
    if len(result.beats) == 0:
        print(f"{song}: no beat was found; the drums go by the sound alone", file=sys.stderr)
    elif result.confidence < DOUBTFUL:
        print(
            f"{song}: the beat is doubtful (confidence {result.confidence:.2f}, usually 0.3); listen",
            file=sys.stderr,
        )
