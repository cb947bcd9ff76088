"""The rungs: drum tracks that models are compared with, from silence to the real drums."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jukedrummer.evaluation.bars import moved_to_bars
from jukedrummer.evaluation.drum_machine import click_kit, machine_strokes
from jukedrummer.evaluation.events import downbeats
from jukedrummer.evaluation.tracks import fit_length
from jukedrummer.model.drum_score import Strokes

Codec = Callable[[np.ndarray], np.ndarray]
GENERATED = "generated"
GENERATED_TRUE = "generated_true"
SCORE = "score"
SCORE_DEAF = "score_deaf"
SCORE_TRUE = "score_true"
TRUE_BEATS_FILE = "drums_true_beats.flac"  # of a generated song


@dataclass(frozen=True, eq=False)
class Ingredients:
    """The material of a rung's drums, for one held-out song.

    Attributes:
        real: (N,) the song's real drums.
        beats: (n, 2) seconds, bar position, tracked on its drumless recording.
        true_beats: (n, 2) the song's reference beats.
        other: (N',) the real drums of another held-out song.
        donor: (N'',) the drums of the training song that is nearest in tempo.
        donor_beats: (m, 2) tracked on the drumless recording of that song.
        through_codec: drums (N,) to drums (about N,) through VQ-VAE and vocoder.
        score: the score model's part on beats (n, 2), with the recording or without; None without
            a score model.
        sound: strokes to drums (N,), with a sampled kit.
    """

    real: np.ndarray
    beats: np.ndarray
    true_beats: np.ndarray
    other: np.ndarray
    donor: np.ndarray
    donor_beats: np.ndarray
    through_codec: Codec
    score: Callable[[np.ndarray, bool], Strokes] | None
    sound: Callable[[Strokes], np.ndarray]


@dataclass(frozen=True)
class Rung:
    """A kind of drum track that models are compared with.

    Attributes:
        name: its key in `metrics.json`, and its folder.
        title: the heading of its column.
        phrase: its drums, for use in a sentence.
        knows_truth: whether it is made from the song's real drums or reference beats. Such a rung
            is an upper bound and is never printed in bold.
        make: a song's ingredients to its drums (N,). None if the strokes are sounded with a sampled
            kit, or if a language model makes the drums.
        strokes: a song's ingredients to what is played, if it is exactly known; None if the drums
            are transcribed.
        of_score: whether it is played by the score model. Without one, the rung is left out.
    """

    name: str
    title: str
    phrase: str
    knows_truth: bool
    make: Callable[[Ingredients], np.ndarray] | None
    strokes: Callable[[Ingredients], Strokes] | None = None
    of_score: bool = False

    @property
    def is_baseline(self) -> bool:
        """Whether the drums are the same for all language models."""
        return self.make is not None or self.strokes is not None


def _nearest_tempo(song: Ingredients) -> np.ndarray:
    sources, places = downbeats(song.donor_beats), downbeats(song.beats)
    return moved_to_bars(song.donor, sources, places, len(song.real))


def _of_score(
    name: str, title: str, phrase: str, true_beats: bool = False, receives: bool = True
) -> Rung:
    """A rung of the score model."""

    def strokes(song: Ingredients) -> Strokes:
        assert song.score is not None, "the rung is left out without a score model"
        return song.score(song.true_beats if true_beats else song.beats, receives)

    return Rung(name, title, phrase, true_beats, None, strokes, of_score=True)


LADDER = (
    Rung("silence", "Silence", "silence", False, lambda song: np.zeros_like(song.real)),
    Rung(
        "other_song",
        "Another song's drums",
        "another song's drums",
        False,
        # Looped or cut to the length. The songs have nothing in common, except maybe the genre.
        lambda song: np.resize(song.other, len(song.real)),
    ),
    Rung(
        "click_kit",
        "Drum machine on the beats",
        "a drum machine on the tracked beats",
        False,
        lambda song: click_kit(song.beats, len(song.real)),
        strokes=lambda song: machine_strokes(song.beats, len(song.real)),
    ),
    Rung(
        "nearest_tempo",
        "Training song nearest in tempo",
        "a training song's drums, nearest in tempo, on the tracked bars",
        False,
        _nearest_tempo,
    ),
    _of_score(SCORE, "Score model", "the score model's part, with a sampled kit"),
    _of_score(
        SCORE_DEAF,
        "Score model without the recording",
        "the score model's part for the beats alone",
        receives=False,
    ),
    Rung(GENERATED, "This model", "the model's drums", False, None),
    # Without errors of the tracker: the difference is the tracker's share.
    Rung(
        "click_kit_true",
        "Drum machine on the true beats",
        "a drum machine on the true beats",
        True,
        lambda song: click_kit(song.true_beats, len(song.real)),
        strokes=lambda song: machine_strokes(song.true_beats, len(song.real)),
    ),
    _of_score(
        SCORE_TRUE,
        "Score model on the true beats",
        "the score model's part on the true beats",
        true_beats=True,
    ),
    Rung(
        GENERATED_TRUE,
        "This model on the true beats",
        "the model's drums on the true beats",
        True,
        None,
    ),
    Rung(
        "codec",
        "Real, through codec",
        "the real drums through VQ-VAE and vocoder",
        True,
        lambda song: fit_length(song.through_codec(song.real), len(song.real)),
    ),
    Rung("real", "Real drums", "the real drums", True, lambda song: song.real),
)
RUNGS = {rung.name: rung for rung in LADDER}


def baseline_rungs(with_score: bool) -> list[Rung]:
    """The rungs that are the same for all experiments.

    Args:
        with_score: whether there is a score model.
    """
    return [rung for rung in LADDER if rung.is_baseline and (with_score or not rung.of_score)]


def half_way_round(index: int, songs: int) -> int:
    """The other song for song `index`: the one half-way round the list.

    Neighbours in a list often share the album, artist or style. Songs half-way round rarely do.
    """
    return (index + songs // 2) % songs
