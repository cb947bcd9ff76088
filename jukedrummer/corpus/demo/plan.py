"""The plan of a song: style, tempo, time line, form, chords.

A song depends on (seed, index, reserved) only. It does not depend on the worker that renders it, or
on the number of songs.
"""

from dataclasses import dataclass

import numpy as np

from jukedrummer.corpus.demo.harmony import PROGRESSIONS, Chord, parse_progression
from jukedrummer.corpus.demo.styles import FILLS, STYLES, Feel, Style
from jukedrummer.corpus.timeline import Timeline, generator

TAIL = 1.8
"""Length of the last chord, seconds."""
TEMPO_BAND = 3.0
"""Beats a minute. Every fourth band of tempi is reserved for the test split."""

# Sections, by the number of four-bar phrases. The first phrase may be shorter.
FORMS = {
    1: (("verse",), ("chorus",)),
    2: (("verse", "chorus"), ("chorus", "verse"), ("intro", "chorus")),
    3: (("intro", "verse", "chorus"), ("verse", "chorus", "chorus"), ("verse", "bridge", "chorus")),
    4: (
        ("intro", "verse", "chorus", "chorus"),
        ("verse", "verse", "chorus", "bridge"),
        ("intro", "verse", "break", "chorus"),
        ("verse", "chorus", "bridge", "chorus"),
    ),
    5: (
        ("intro", "verse", "verse", "chorus", "chorus"),
        ("intro", "verse", "chorus", "break", "chorus"),
        ("verse", "chorus", "verse", "bridge", "chorus"),
    ),
    6: (
        ("intro", "verse", "verse", "chorus", "break", "chorus"),
        ("verse", "verse", "chorus", "chorus", "bridge", "chorus"),
    ),
}
LONG_FORM = ("verse", "verse", "chorus", "chorus", "bridge", "verse", "break", "chorus")


@dataclass(frozen=True)
class Bar:
    """A bar.

    Attributes:
        index: its number in the song.
        kind: its section, e.g. "verse".
        place: its number in the four-bar phrase.
        opens: whether it is the first of a section.
        chord: its chord.
        next_chord: the chord of the bar after it.
        fill: the fill at its end, as a text grid; "" for none.
    """

    index: int
    kind: str
    place: int
    opens: bool
    chord: Chord
    next_chord: Chord
    fill: str = ""

    @property
    def fill_step(self) -> int:
        """The step at which the fill begins; beyond the bar if there is none."""
        return len(self.fill) - len(self.fill.lstrip(".")) if self.fill else 1 << 16


@dataclass(frozen=True)
class Plan:
    """The plan of a song.

    Attributes:
        index: the song's number.
        seed: seed of the corpus.
        style, feel, kit: the style, the way to play it, and the drum kit.
        key: semitones above C.
        bpm: tempo without drift, beats a minute.
        progressions: chords of each section, written in C.
        timeline: the times of the beats.
        bars: all bars.
        pickup: beats before the first bar.
        seconds: length of the song.
    """

    index: int
    seed: int
    style: Style
    feel: Feel
    kit: str
    key: int
    bpm: float
    progressions: dict[str, str]
    timeline: Timeline
    bars: tuple[Bar, ...]
    pickup: int
    seconds: float

    def random(self, name: str) -> np.random.Generator:
        """A random generator for one use in this song, independent of all other uses."""
        return generator(self.seed, self.index, name)

    @property
    def last_chord(self) -> Chord:
        """The chord that the song ends on, at the downbeat after its last bar."""
        return self.bars[-1].next_chord

    @property
    def beats(self) -> list[tuple[float, int]]:
        """Every beat from the pick-up to the last chord: seconds, position in the bar."""
        return self.timeline.positions(len(self.bars))


def make_plan(seed: int, index: int, reserved: bool, seconds: float) -> Plan:
    """Plan a song of at least `seconds`.

    Args:
        seed: seed of the corpus.
        index: the song's number.
        reserved: whether to use the tempi and progressions that only the test split has.
        seconds: least length; the song is longer by less than a bar.
    """
    random = generator(seed, index, "plan")
    style = _style(seed, index)
    feel = style.feels[random.integers(len(style.feels))]
    bpm = _tempo(random, style.bpm, reserved)
    swing = min(random.uniform(*style.swing), 0.02 * bpm * style.steps_per_beat / 60)
    pickup = int(random.choice((0, 1, 2))) if style.meter == 4 else int(random.choice((0, 1)))
    lead_in = random.uniform(0.25, 0.9)
    times = _beat_times(random, style, bpm, seconds) + lead_in
    bars = _count_bars(times, pickup, style.meter, seconds)
    times = times[: pickup + bars * style.meter + 2]
    key = int(random.integers(12))
    progressions = _progressions(random, style, reserved)
    return Plan(
        index=index,
        seed=seed,
        style=style,
        feel=feel,
        kit=str(random.choice(style.kits)),
        key=key,
        bpm=bpm,
        progressions=progressions,
        timeline=Timeline(times, -pickup, style.meter, style.steps_per_beat, swing),
        bars=_bars(random, style, bars, progressions, key),
        pickup=pickup,
        seconds=float(times[pickup + bars * style.meter]) + TAIL,
    )


def is_reserved(bpm: float) -> bool:
    """Whether a tempo, in beats a minute, is in a band that only the test split has."""
    return int(bpm // TEMPO_BAND) % 4 == 2


def _style(seed: int, index: int) -> Style:
    # Every run of as many songs as there are styles has each style once.
    block, place = divmod(index, len(STYLES))
    return STYLES[generator(seed, block, "styles").permutation(len(STYLES))[place]]


def _tempo(random: np.random.Generator, limits: tuple[float, float], reserved: bool) -> float:
    while is_reserved(bpm := round(float(random.uniform(*limits)), 1)) != reserved:
        pass
    return bpm


def _beat_times(
    random: np.random.Generator, style: Style, bpm: float, seconds: float
) -> np.ndarray:
    """Times of the beats from 0, seconds. There are more than needed.

    The tempo changes smoothly, by at most `style.drift`.
    """
    beats = np.arange(int(seconds * bpm / 60 * 1.1) + 16)
    periods = random.uniform((48, 20), (128, 44))
    phases = random.uniform(0, 2 * np.pi, 2)
    wander = np.sin(2 * np.pi * beats[:, None] / periods + phases) @ (0.7, 0.3)
    tempo = bpm * (1 + style.drift * wander)
    return np.concatenate([[0.0], np.cumsum(60 / tempo)])


def _count_bars(times: np.ndarray, pickup: int, meter: int, seconds: float) -> int:
    ends = times[pickup::meter] + TAIL
    return max(2, int(np.searchsorted(ends, seconds)))


def _progressions(random: np.random.Generator, style: Style, reserved: bool) -> dict[str, str]:
    family = PROGRESSIONS[style.family]
    choices = family.reserved if reserved else family.training
    verse, chorus, bridge = random.choice(choices, 3, replace=False)
    chosen = {
        "intro": random.choice((verse, chorus)),
        "verse": verse,
        "chorus": chorus,
        "bridge": bridge,
    }
    return {kind: str(text) for kind, text in {**chosen, "break": verse}.items()}


def _kinds(random: np.random.Generator, bars: int) -> list[str]:
    """The section of every bar. Phrases have four bars. The first phrase may be shorter."""
    phrases = -(-bars // 4)
    if phrases in FORMS:
        form = FORMS[phrases][random.integers(len(FORMS[phrases]))]
    else:
        form = tuple(LONG_FORM[-1 - k % len(LONG_FORM)] for k in range(phrases))[::-1]
    first = bars - 4 * (phrases - 1)
    return [form[0]] * first + [kind for kind in form[1:] for _ in range(4)]


def _bars(
    random: np.random.Generator, style: Style, count: int, progressions: dict[str, str], key: int
) -> tuple[Bar, ...]:
    kinds = _kinds(random, count)
    # A short first phrase uses the end of its progression.
    places = [(k - count) % 4 for k in range(count)]
    opens = [k == 0 or kinds[k] != kinds[k - 1] for k in range(count)]
    fills = _fills(random, style, places, opens)
    parsed = {kind: parse_progression(text, key) for kind, text in progressions.items()}
    chords = [parsed[kind][place] for kind, place in zip(kinds, places, strict=True)]
    chords.append(parsed["verse"][0] if style.family != "minor" else parsed["chorus"][0])
    return tuple(
        Bar(k, kinds[k], places[k], opens[k], chords[k], chords[k + 1], fills[k])
        for k in range(count)
    )


def _fills(
    random: np.random.Generator, style: Style, places: list[int], opens: list[bool]
) -> list[str]:
    """The fill of each bar, or "".

    A song has two small fills for phrases and two big ones for the ends of sections.
    """
    known = FILLS[style.meter, style.grid]
    small = random.choice(known.small, 2)
    big = random.choice(known.big, 2)
    every_phrase = random.random() < 0.7
    fills = []
    for k, place in enumerate(places):
        if place != 3 or k == 0:
            fills.append("")
        elif k + 1 == len(places) or opens[k + 1]:
            fills.append(str(random.choice(big)))
        else:
            fills.append(str(random.choice(small)) if every_phrase else "")
    return fills
