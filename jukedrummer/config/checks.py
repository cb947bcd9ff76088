"""All checks across sections. A check runs if all sections that it compares are given."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jukedrummer.config.models import (
    LMConfig,
    TrackerConfig,
    TrainedVocoderConfig,
    TranscriberConfig,
    VocoderConfig,
)
from jukedrummer.config.registries import PARTS, REPRESENTATIONS
from jukedrummer.config.sections import BeatsConfig, ClipConfig, MelConfig, TablesConfig
from jukedrummer.errors import UserError


def context_fits_clip(lm: LMConfig, clip: ClipConfig) -> None:
    """A training example of the language model is part of a clip."""
    if lm.context > clip.codes:
        raise UserError(
            f"lm.context is {lm.context}; the limit is the {clip.codes} codes of a clip "
            f"(clip.frames {clip.frames} / clip.frames_per_code {clip.frames_per_code})"
        )


def crops_fit_clip(vqvae: Any, clip: ClipConfig) -> None:
    """A VQ-VAE's training crop is part of a clip, and its family supports `frames_per_code`."""
    for part in PARTS:
        getattr(vqvae, part).check_clip(clip, f"vqvae.{part}")


def vocoder_fits_mel(vocoder: VocoderConfig, mel: MelConfig) -> None:
    """The vocoder generates `mel.hop` samples for each frame."""
    vocoder.check_mel(mel)


def crops_fit_losses(vocoder: VocoderConfig, mel: MelConfig) -> None:
    """A vocoder's training crop is long enough for its losses."""
    if isinstance(vocoder, TrainedVocoderConfig):
        vocoder.check_crop(mel)


def tracker_has_embedding(lm: LMConfig, beats: BeatsConfig) -> None:
    """A representation that needs an embedding needs a tracker that has one.

    It is not in `CHECKS`, because experiments that are not run need not fit.
    """
    needed = REPRESENTATIONS[lm.beats].REPRESENTATION.needs_embedding
    if needed and not beats.has_embedding:
        raise UserError(
            f"lm.beats is {lm.beats}, the embedding of a beat tracker; "
            f"beats.tracker {beats.kind_name} has no embedding: "
            "choose madmom or drum_aware, or another lm.beats"
        )


def compared_songs_are_held_out(beats: BeatsConfig, tables: TablesConfig) -> None:
    """A tracker that is trained on the corpus is not compared on its training songs."""
    if compares_trained_tracker(beats, tables) and tables.songs == "all":
        raise UserError(
            "tables.songs is all, but drum_aware is trained on some of these songs; "
            "set it to test, or beats.tracker to drum_aware and beats.weights to a model "
            "of other songs"
        )


def tracker_fits_beats(beats: BeatsConfig, tracker: TrackerConfig) -> None:
    """The network that is trained is one that the section beats can use."""
    convolutional = "convolutional"
    fits = (beats.kind_name == convolutional) == (tracker.kind == convolutional)
    if trains_tracker(beats) and not fits:
        raise UserError(
            f"beats.tracker is {beats.kind_name}, but tracker.kind is {tracker.kind}; "
            "the kind convolutional goes with beats.tracker convolutional, the others with "
            "drum_aware"
        )


def transcribed_songs_are_held_out(transcriber: TranscriberConfig, tables: TablesConfig) -> None:
    """A transcriber that is trained on the corpus is not measured on its training songs.

    It is not in `CHECKS`, because the table of the transcriber may not be made.
    """
    if transcriber.weights is None and tables.songs == "all":
        raise UserError(
            "tables.songs is all, but the transcriber is trained on some of these songs; "
            "set it to test, or transcriber.weights to a model of other songs"
        )


CHECKS: tuple[Callable[..., None], ...] = (
    context_fits_clip,
    crops_fit_clip,
    vocoder_fits_mel,
    crops_fit_losses,
    compared_songs_are_held_out,
    tracker_fits_beats,
)


def check(
    sections: Mapping[str, Any], where: str = "", rules: Sequence[Callable[..., None]] = CHECKS
) -> None:
    """Run every check whose sections are all given.

    Args:
        sections: name to section.
        where: start of the message.
        rules: the checks. The names of a check's parameters are those of its sections.

    Raises:
        UserError: two sections do not fit together.
    """
    for rule in rules:
        names = list(inspect.signature(rule).parameters)
        if all(name in sections for name in names):
            try:
                rule(**{name: sections[name] for name in names})
            except UserError as error:
                raise UserError(f"{where}{error}") from error


def trains_tracker(beats: BeatsConfig) -> bool:
    """Whether the section's tracker is trained on the corpus: a trained kind without weights."""
    return beats.trained and getattr(beats, "weights", None) is None


def compares_trained_tracker(beats: BeatsConfig, tables: TablesConfig) -> bool:
    """Whether the table of beat trackers has a tracker that is trained on the corpus."""
    given = beats.kind_name == "drum_aware" and not trains_tracker(beats)
    return "drum_aware" in tables.trackers and not given
