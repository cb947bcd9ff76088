"""The plan of a song: style, tempo, time line, form, chords, instruments.

A song depends on (seed, index) only. It does not depend on the worker that renders it, or on the
number of songs.
"""

from dataclasses import dataclass, replace

import numpy as np

from jukedrummer.corpus.second_composer.form import FormBar, make_form
from jukedrummer.corpus.second_composer.harmony import PALETTES, Voicing, parse_bars
from jukedrummer.corpus.second_composer.style import Groove, Player, StyleSheet
from jukedrummer.corpus.second_composer.styles import STYLE_SHEETS
from jukedrummer.corpus.timeline import Timeline, generator

TAIL = 1.9
"""Length of the last chord, seconds."""
PICKUPS = ("sticks", "fill", "bass")
"""What is played on the beats before the first bar."""


@dataclass(frozen=True)
class SongBar:
    """A bar.

    Attributes:
        index: its number in the song.
        form: its place in the form.
        chords: its chords, of equal length.
        following: the first chord of the next bar.
        fill: length of the fill at its end, beats; 0 for none.
        stop: whether all play the song's stop hits, and nothing else.
    """

    index: int
    form: FormBar
    chords: tuple[Voicing, ...]
    following: Voicing
    fill: int = 0
    stop: bool = False

    def chord(self, share: float) -> Voicing:
        """The chord at a place of the bar, 0 to 1."""
        return self.chords[min(int(share * len(self.chords)), len(self.chords) - 1)]


@dataclass(frozen=True)
class Character:
    """How this song's drummer plays.

    Attributes:
        ghosts: probability of each ghost note.
        options: probability of each optional stroke.
        crashes: probability of a crash at the start of a section.
        rides: whether the ride replaces the hi-hat in loud sections.
        lag: delay of the snare against the beat, milliseconds.
        push: lead of the hi-hat, milliseconds.
        build: how a build is played: roll, toms or kick.
        cuts: probability that all are silent at the end of a build.
    """

    ghosts: float
    options: float
    crashes: float
    rides: bool
    lag: float
    push: float
    build: str
    cuts: float


@dataclass(frozen=True)
class SongPlan:
    """The plan of a song.

    Attributes:
        index: the song's number.
        seed: seed of the corpus.
        style, groove, kit: the style, the way to play it, and the drum kit.
        key: semitones above C.
        bpm: tempo without drift, beats a minute.
        timeline: the times of the beats.
        bars: all bars.
        pickup: beats before the first bar.
        opening: one of `PICKUPS`.
        stop_steps: steps of the hits of a bar with stops.
        band: the instruments, each with its voice.
        character: how the drummer plays.
        seconds: length of the song.
    """

    index: int
    seed: int
    style: StyleSheet
    groove: Groove
    kit: str
    key: int
    bpm: float
    timeline: Timeline
    bars: tuple[SongBar, ...]
    pickup: int
    opening: str
    stop_steps: tuple[int, ...]
    band: tuple[tuple[Player, str], ...]
    character: Character
    seconds: float

    def random(self, name: str) -> np.random.Generator:
        """A random generator for one use in this song, independent of all other uses."""
        return generator(self.seed, self.index, f"second {name}")

    @property
    def beats(self) -> list[tuple[float, int]]:
        """Every beat from the pick-up to the last chord: seconds, position in the bar."""
        return self.timeline.positions(len(self.bars))

    def time(self, bar: int, step: float) -> float:
        """The time of a step of a bar, seconds. Between steps it is interpolated."""
        whole = int(np.floor(step))
        before = self.timeline.seconds(bar, whole)
        if step == whole:
            return before
        return before + (step - whole) * (self.timeline.seconds(bar, whole + 1) - before)


def plan_song(seed: int, index: int, seconds: float) -> SongPlan:
    """Plan a song of at least `seconds`, which is longer by less than a bar.

    Args:
        seed: seed of the corpus.
        index: the song's number.
        seconds: least length.
    """
    random = generator(seed, index, "second plan")
    style = _style(seed, index)
    bpm = round(float(random.uniform(*style.bpm)), 1)
    pickup = int(random.integers(0, style.meter + 1)) if random.random() < 0.6 else 0
    times = _beat_times(random, style, bpm, seconds) + random.uniform(0.3, 0.9)
    ends = times[pickup :: style.meter] + TAIL
    count = max(2, int(np.searchsorted(ends, seconds)))
    times = times[: pickup + count * style.meter + 2]
    key = int(random.integers(12))
    return SongPlan(
        index=index,
        seed=seed,
        style=style,
        groove=style.grooves[random.integers(len(style.grooves))],
        kit=str(random.choice(style.kits)),
        key=key,
        bpm=bpm,
        timeline=Timeline(
            times, -pickup, style.meter, style.steps, float(random.uniform(*style.swing))
        ),
        bars=_bars(random, style, count, key, bpm),
        pickup=pickup,
        opening=str(random.choice(PICKUPS)),
        stop_steps=_stop_steps(random, style),
        band=_band(random, style),
        character=_character(random, style),
        seconds=float(times[pickup + count * style.meter]) + TAIL,
    )


def _style(seed: int, index: int) -> StyleSheet:
    # Every run of as many songs as there are styles has each style once.
    block, place = divmod(index, len(STYLE_SHEETS))
    order = generator(seed, block, "second styles").permutation(len(STYLE_SHEETS))
    return STYLE_SHEETS[order[place]]


def _beat_times(
    random: np.random.Generator, style: StyleSheet, bpm: float, seconds: float
) -> np.ndarray:
    """Times of the beats from 0, seconds; more than needed. Some songs have no drift.

    The tempo leans to one side over the song, and it wanders.
    """
    beats = np.arange(int(seconds * bpm / 60 * 1.15) + 24)
    drift = style.drift * random.uniform(0.3, 1.0) * (random.random() < 0.7)
    lean = random.choice((-1, 1)) * np.tanh((beats - len(beats) / 2) / (0.3 * len(beats)))
    wander = np.sin(2 * np.pi * (beats / random.uniform(14, 40) + random.random()))
    tempo = bpm * (1 + drift * (0.6 * lean + 0.4 * wander))
    return np.concatenate([[0.0], np.cumsum(60 / tempo)])


def _bars(
    random: np.random.Generator, style: StyleSheet, count: int, key: int, bpm: float
) -> tuple[SongBar, ...]:
    form = make_form(random, count, style.meter * 60 / bpm)
    texts = PALETTES[style.palette].progressions
    verse, drop, other = (parse_bars(texts[k], key) for k in random.permutation(len(texts))[:3])
    chosen = {"intro": verse, "verse": verse, "outro": verse, "drop": drop, "solo": other}
    chords = [chosen.get(bar.kind, drop)[bar.place % 4] for bar in form]
    chords.append(verse[:1][0])
    bars = [SongBar(k, bar, tuple(chords[k]), chords[k + 1][0]) for k, bar in enumerate(form)]
    return tuple(_with_fills(random, style, bars))


def _with_fills(
    random: np.random.Generator, style: StyleSheet, bars: list[SongBar]
) -> list[SongBar]:
    """Fills where sections end, small ones between, and bars with stops."""
    stops = random.random() < 0.3
    small = random.uniform(0, 0.5)
    result = []
    for bar in bars:
        form = bar.form
        following = bars[bar.index + 1].form.level if bar.index + 1 < len(bars) else "m"
        draw, length = random.random(), int(random.choice((1, 2, style.meter), p=(0.45, 0.4, 0.15)))
        if form.last and form.kind in ("verse", "solo") and stops and form.length > 1:
            result.append(replace(bar, stop=True))
        elif form.level != "b" and form.last and following != "n" and draw < 0.85:
            result.append(replace(bar, fill=min(length, style.meter)))
        elif form.place % 2 == 1 and form.level in "ml" and draw < small:
            result.append(replace(bar, fill=1))
        else:
            result.append(bar)
    return result


def _stop_steps(random: np.random.Generator, style: StyleSheet) -> tuple[int, ...]:
    """The downbeat, and one to three of the other places of a bar's first three quarters."""
    half = style.steps // 2 if style.steps % 2 == 0 else 1
    places = np.arange(half, style.bar_steps * 3 // 4 + 1, half)
    chosen = random.choice(places, min(len(places), int(random.integers(1, 4))), replace=False)
    return (0, *sorted(int(step) for step in chosen))


def _band(random: np.random.Generator, style: StyleSheet) -> tuple[tuple[Player, str], ...]:
    return tuple(
        (player, str(random.choice(player.voices)))
        for player in style.band
        if random.random() < player.share
    )


def _character(random: np.random.Generator, style: StyleSheet) -> Character:
    return Character(
        ghosts=random.uniform(0.15, 0.95),
        options=random.uniform(0.15, 0.6),
        crashes=random.uniform(0.6, 1.0),
        rides=style.rides and random.random() < 0.5,
        lag=random.uniform(-0.5, 2.0) * style.loose,
        push=random.uniform(-0.5, 1.0) * style.loose,
        build=str(random.choice(("roll", "toms", "kick"))),
        cuts=random.uniform(0.0, 0.8),
    )
