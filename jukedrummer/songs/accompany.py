"""The command `accompany`: drums for one recording."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from jukedrummer.beats.given import GIVEN, GivenBeats
from jukedrummer.beats.tracker import doubt
from jukedrummer.config import GenerateConfig, LMConfig, parse_options, plain
from jukedrummer.errors import UserError
from jukedrummer.songs.limits import checked_device
from jukedrummer.songs.reading import read_song
from jukedrummer.songs.scored import ScoreOptions, play_score
from jukedrummer.songs.take import PlayedAudio, Take, take_files, write_take
from jukedrummer.storage.files import check_outputs, check_writable

if TYPE_CHECKING:
    from jukedrummer.songs.accompaniment import Accompaniment
    from jukedrummer.songs.drummer import Drummer


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
    route: Literal["score", "codes"] | None = None,
    kit: Path | None = None,
    drum_level: float = 0.0,
    from_midi: Path | None = None,
    from_: Path | None = None,
    lock: str | None = None,
    force: bool = False,
) -> str:
    """Play drums to a song: writes drums.wav, mix.wav, beats.tsv, song.rpp, accompaniment.json.

    By the route "score", a model writes a drum score for the whole song, and a sampled kit plays
    it. Then there are also drums.mid, score.tsv, and a file in stems/ for each part of the kit. By
    the route "codes", the language model and the vocoder make the sound.

    song.rpp is a project for REAPER, with the beats as a tempo map. All files are written at the
    end, or none. Files that exist are an error without --force. The song, and a file of beats that
    is given, are never replaced.

    Args:
        song: Audio file of at least a second and 4,000 samples a second, with any channels.
        model: Folder of the bundle to use.
        output: Folder for the results; created if needed. It may have other files.
        seed: The same seed gives the same drums; default: the bundle's.
        temperature: 0.01 to 10; higher is bolder; default: the bundle's; route score: the part that
            agrees with most takes.
        top_p: 0.01 to 1; lower is safer; default: the bundle's; route codes.
        guidance: 0 to 10; above 1 the recording has more influence; default: the bundle's; route
            codes.
        beats: File of the song's beats (seconds, bar position), used instead of tracked beats.
        bpm: Steady tempo, 20 to 400 beats a minute, instead of --beats. See --first-downbeat.
        meter: Beats in a bar, 1 to 16, for --bpm (default: 4) or --beats without bar positions.
        first_downbeat: Seconds at which a bar starts, for --bpm (default: 0) or --beats without bar
            positions (default: the first beat).
        device: cpu or cuda; default: cuda if there is a GPU.
        route: score or codes; default: score if the bundle has a score model.
        kit: Drum kit that plays the score: .sf2, .sf3, .sfz, or a kit of Hydrogen; default: a small
            soundfont.
        drum_level: Decibels by which the drums are louder than usual; route score.
        from_midi: Play this score, an edited drums.mid or score.tsv, instead of a new one.
        from_: Folder of an earlier take of this song, whose bars --lock keeps.
        lock: Bars of the earlier take that do not change, sample by sample, e.g. 1-8,12.
        force: Replace the files of an earlier run in the output folder.

    Raises:
        UserError: the song, its beats, the bundle or an option is wrong, or output is not writable
            or has files that may not be replaced.
    """
    given = GivenBeats(beats, bpm, meter, first_downbeat)
    options = {"seed": seed, "temperature": temperature, "top_p": top_p, "guidance": guidance}
    settings = {name: value for name, value in options.items() if value is not None}
    scored = ScoreOptions(kit, drum_level, from_midi, from_, lock)
    scored.check()
    inputs = filter(None, (song, beats, from_midi))
    check_outputs(output, take_files(output, beats), inputs, force)
    take = _play(song, model, output, settings, checked_device(device), given, route, scored)
    write_take(output, take, beats, force)
    return f"Play {output / 'mix.wav'}; the drums alone are {output / 'drums.wav'}."


def _play(
    song: Path,
    model: Path,
    output: Path,
    settings: dict[str, Any],
    device: str,
    given: GivenBeats,
    route: str | None,
    scored: ScoreOptions,
) -> Take:
    samples, sample_rate = read_song(song)
    beats = given.beats(len(samples) / sample_rate) if given else None
    check_writable(output)
    from jukedrummer.songs.drummer import Drummer

    drummer = Drummer.load(model, device)
    facts = {"song": song.name, "model": model.name, "model_sha256": drummer.model_sha256}
    if _by_score(drummer, route, scored, settings):
        take = _scored(drummer, song, samples, sample_rate, scored, settings, beats)
        return replace(take, facts=facts | take.facts)
    chosen = parse_options(GenerateConfig, plain(drummer.generate) | settings)
    try:
        result = drummer.accompany(samples, sample_rate, chosen, progress=True, beats=beats)
    except UserError as error:
        raise UserError(f"{song}: {error}") from error
    warnings = beat_warnings(
        drummer.lm_config, result.beats, result.confidence, given=result.tracker == GIVEN
    )
    for warning in filter(None, (result.note, *warnings)):
        print(f"{song}: {warning}", file=sys.stderr)
    return _take(song, samples, result, facts)


def _by_score(
    drummer: "Drummer", route: str | None, scored: ScoreOptions, settings: dict[str, Any]
) -> bool:
    """Whether the score route is taken.

    Raises:
        UserError: options of the other route are given.
    """
    by_score = drummer.writes_scores if route is None else route == "score"
    codes_only = [
        f"--{name.replace('_', '-')}" for name in ("top_p", "guidance") if name in settings
    ]
    if by_score and route is None and codes_only and not scored.given:
        return False
    wrong = codes_only if by_score else scored.given
    if wrong:
        other = "codes" if by_score else "score"
        raise UserError(f"{wrong[0]} is an option of the route {other}; choose --route {other}")
    return by_score


def _scored(
    drummer: "Drummer",
    song: Path,
    samples: np.ndarray,
    sample_rate: int,
    scored: ScoreOptions,
    settings: dict[str, Any],
    beats: np.ndarray | None,
) -> Take:
    chosen = parse_options(GenerateConfig, plain(drummer.generate) | settings)
    temperature = settings.get("temperature")
    arguments = (scored, chosen.seed, temperature, beats)
    try:
        take, note = play_score(drummer, song, samples, sample_rate, *arguments)
    except UserError as error:
        raise UserError(f"{song}: {error}") from error
    confidence = take.facts["beat_confidence"]
    doubts = None if take.facts["beats_from"] == GIVEN else doubt(take.beats, confidence)
    for warning in filter(None, (note, doubts)):
        print(f"{song}: {warning}", file=sys.stderr)
    return take


def _take(
    song: Path, recording: np.ndarray, result: "Accompaniment", facts: dict[str, Any]
) -> Take:
    sound = PlayedAudio(result.drums, result.mix, result.mix_gain)
    facts = {
        **facts,
        **plain(result.settings),
        "beats": len(result.beats),
        "beats_from": result.tracker,
        "beat_confidence": round(result.confidence, 3),
    }
    return Take(song, recording, result.sample_rate, result.beats, sound, facts)


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
