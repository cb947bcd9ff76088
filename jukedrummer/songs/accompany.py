"""The command `accompany`: drums for one recording."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jukedrummer.audio.io import read_channels, write_audio
from jukedrummer.beats.annotations import write_beats
from jukedrummer.beats.given import GIVEN, GivenBeats
from jukedrummer.beats.tracker import doubt
from jukedrummer.config import GenerateConfig, LMConfig, parse_options, plain
from jukedrummer.errors import UserError
from jukedrummer.songs.limits import checked_device
from jukedrummer.storage.files import check_writable, write_json

if TYPE_CHECKING:
    from jukedrummer.songs.drummer import Accompaniment


def accompany(
    song: Path,
    model: Path = Path("results/lm_beat_high"),
    output: Path = Path("out"),
    seed: int | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    guidance: float | None = None,
    beats: Path | None = None,
    bpm: float | None = None,
    meter: int | None = None,
    first_downbeat: float | None = None,
    device: str | None = None,
) -> str:
    """Play drums to a song: writes drums.wav, mix.wav, beats.tsv and accompaniment.json.

    Args:
        song: Audio file with any sample rate and channels, at least one second long.
        model: Folder of the bundle to use.
        output: Folder for the results; created if needed.
        seed: The same seed gives the same drums; default: the bundle's.
        temperature: 0.01 to 10; higher is bolder; default: the bundle's.
        top_p: 0.01 to 1; lower is safer; default: the bundle's.
        guidance: 0 to 10; above 1 the recording has more influence; default: the bundle's.
        beats: File of the song's beats (seconds, bar position), used instead of tracked beats.
        bpm: Steady tempo, 20 to 400 beats a minute, instead of --beats. See --first-downbeat.
        meter: Beats in a bar, 1 to 16, for --bpm (default: 4) or --beats without bar positions.
        first_downbeat: Seconds at which a bar starts, for --bpm (default: 0) or --beats without bar
            positions (default: the first beat).
        device: cpu or cuda; default: cuda if there is a GPU.

    Raises:
        UserError: the song, its beats, the bundle or an option is wrong, or output is not writable.
    """
    given = GivenBeats(beats, bpm, meter, first_downbeat)
    options = {"seed": seed, "temperature": temperature, "top_p": top_p, "guidance": guidance}
    settings = {name: value for name, value in options.items() if value is not None}
    _play(song, model, output, settings, checked_device(device), given)
    return f"Play {output / 'mix.wav'}; the drums alone are {output / 'drums.wav'}."


def _play(
    song: Path,
    model: Path,
    output: Path,
    settings: dict[str, Any],
    device: str,
    given: GivenBeats,
) -> None:
    samples, sample_rate = read_channels(song)
    beats = given.beats(len(samples) / sample_rate) if given else None
    check_writable(output)
    from jukedrummer.songs.drummer import Drummer

    drummer = Drummer.load(model, device)
    chosen = parse_options(GenerateConfig, plain(drummer.generate) | settings)
    try:
        result = drummer.accompany(samples, sample_rate, chosen, progress=True, beats=beats)
    except UserError as error:
        raise UserError(f"{song}: {error}") from error
    for warning in beat_warnings(
        drummer.lm_config, result.beats, result.confidence, given=result.tracker == GIVEN
    ):
        print(f"{song}: {warning}", file=sys.stderr)
    about = {"song": song.name, "model": model.name, "model_sha256": drummer.model_sha256}
    _write(output, result, about)


def _write(output: Path, result: "Accompaniment", about: dict[str, str]) -> None:
    write_audio(output / "drums.wav", result.drums, result.sample_rate)
    write_audio(output / "mix.wav", result.mix, result.sample_rate)
    write_beats(output / "beats.tsv", result.beats)
    write_json(
        output / "accompaniment.json",
        {
            **about,
            **plain(result.settings),
            "beats": len(result.beats),
            "beats_from": result.tracker,
            "beat_confidence": round(result.confidence, 3),
            "mix_gain": result.mix_gain,
        },
    )


def beat_warnings(lm: LMConfig, beats: np.ndarray, confidence: float, given: bool) -> Iterator[str]:
    """What may be wrong with the drums because of the beats that they follow.

    Args:
        lm: which conditions the language model receives.
        beats: (n, 2) seconds, bar position.
        confidence: of the tracker, 0 to 1.
        given: whether the user supplied the beats.
    """
    otherwise = (
        "the drums follow the recording alone" if lm.encoder else "the drums have nothing to follow"
    )
    if lm.beats == "none":
        if given:
            yield "the beats you gave are ignored: this bundle uses no beats (lm.beats none)"
        if not lm.encoder:
            yield (
                "this bundle's model receives neither the recording nor its beats: "
                "the drums have nothing to follow"
            )
    elif given and len(beats) == 1:
        yield f"one beat has no tempo; {otherwise}"
    elif reason := doubt(beats, confidence):
        yield reason + ("" if len(beats) else f"; {otherwise}")
