"""Drums by the score route: a drum score for the whole song, played by a sampled kit."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jukedrummer.beats.bar_grid import BarGrid, bar_grid
from jukedrummer.corpus.render import default_soundfont
from jukedrummer.errors import UserError
from jukedrummer.kits.formats import load_kit
from jukedrummer.model.drum_score import Strokes
from jukedrummer.songs.drums_midi import read_drums_midi
from jukedrummer.songs.locking import listed_bars, lock_strokes
from jukedrummer.songs.score_table import read_score_table
from jukedrummer.songs.sounding import EarlierTake, PlayedScore, read_earlier_take
from jukedrummer.songs.take import SCORE_FILE, Take

if TYPE_CHECKING:
    from jukedrummer.songs.accompaniment import WrittenScore
    from jukedrummer.songs.drummer import Drummer


@dataclass(frozen=True)
class ScoreOptions:
    """How a score is made and played.

    Attributes:
        kit: soundfont, SFZ file or Hydrogen kit; None is the small soundfont of the demo.
        level: decibels, added to the usual level of the drums.
        edited: a `drums.mid` or `score.tsv` that is played instead of a new score.
        earlier: folder of an earlier take of the song.
        lock: bars of the earlier take that are kept, e.g. `1-8,12`.
    """

    kit: Path | None = None
    level: float = 0.0
    edited: Path | None = None
    earlier: Path | None = None
    lock: str | None = None

    def check(self) -> None:
        """Check that the options belong together.

        Raises:
            UserError: they do not.
        """
        if (self.lock is None) != (self.earlier is None):
            raise UserError(
                "--lock names bars of an earlier take, and --from its folder: give both, or none"
            )

    @property
    def given(self) -> tuple[str, ...]:
        """The options that need the score route, as they are typed."""
        values = {
            "--kit": self.kit,
            "--drum-level": self.level or None,
            "--from-midi": self.edited,
            "--from": self.earlier,
        }
        return tuple(name for name, value in values.items() if value is not None)


def play_score(
    drummer: "Drummer",
    song: Path,
    recording: np.ndarray,
    rate: int,
    options: ScoreOptions,
    seed: int,
    temperature: float | None,
    beats: np.ndarray | None,
) -> tuple[Take, str]:
    """Write a score for a recording, and choose how it sounds.

    Args:
        drummer: a bundle with a score model.
        song: file of the recording.
        recording: (N, channels) float32.
        rate: samples a second.
        options: kit, level, and what is kept.
        seed: seed of the score.
        temperature: None writes the score that agrees with most takes; a number draws one take.
        beats: (n, 2) seconds, bar position, or None to track them.

    Returns:
        The take, and a note on the recording's mono signal, or "".

    Raises:
        UserError: the recording, the kit, or a file of an earlier take is not usable.
    """
    kit = load_kit(options.kit or default_soundfont(), rate)
    written = drummer.write_score(recording, rate, seed, temperature, beats)
    grid = bar_grid(written.beats, len(recording) / rate)
    strokes = _edited(options.edited, grid) if options.edited else written.strokes
    earlier = _earlier(options, grid)
    if earlier and options.earlier:
        old = read_score_table(options.earlier / SCORE_FILE, grid)
        strokes = lock_strokes(strokes, old, grid, earlier.bars)
    facts: dict[str, Any] = {"route": "score", "seed": seed, "temperature": temperature}
    facts["kit"] = (options.kit or default_soundfont()).name
    facts |= {"strokes": len(strokes), **_beat_facts(written)}
    played = PlayedScore(strokes, kit, options.level, earlier)
    return Take(song, recording, rate, written.beats, played, facts), written.note


def _beat_facts(written: "WrittenScore") -> dict[str, Any]:
    return {
        "beats": len(written.beats),
        "beats_from": written.tracker,
        "beat_confidence": round(written.confidence, 3),
    }


def _edited(path: Path, grid: BarGrid) -> Strokes:
    read = read_score_table if path.suffix.lower() == ".tsv" else read_drums_midi
    return read(path, grid)


def _earlier(options: ScoreOptions, grid: BarGrid) -> EarlierTake | None:
    if options.earlier is None or options.lock is None:
        return None
    return read_earlier_take(options.earlier, listed_bars(options.lock, grid.bars))
