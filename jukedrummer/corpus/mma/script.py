"""The text of a song for MMA."""

from jukedrummer.corpus.mma.plan import MmaPlan, PlannedBar

STYLE_COPY = "jukedrummer_style_file"
"""Name of the copy of the style file beside the song. No file of MMA's library has this name."""


def song_text(plan: MmaPlan) -> str:
    """The song as a file for MMA, which plays the style file `STYLE_COPY`."""
    random = plan.random("mma")
    lines = [
        "Plugin Disable=all",
        f"RndSeed {random.integers(1, 2**31 - 1)}",
        f"Tempo {round(plan.bpm * plan.style.meter.beat)}",
        f"Use {STYLE_COPY}.mma",
    ]
    for bar in plan.bars:
        if bar.restart:
            lines.append(f"Groove {bar.groove}")
        lines += _bar_lines(bar, plan.style.meter.quarters)
    return "".join(f"{line}\n" for line in lines)


def _bar_lines(bar: PlannedBar, whole: int) -> list[str]:
    """A line for each of MMA's bars, with a line that shortens it before.

    Args:
        bar: the bar.
        whole: MMA's quarter notes of a bar of the groove.
    """
    lines, start = [], 0
    starts = bar.chord_starts()
    for length in bar.meter.lengths:
        if length < whole:
            lines.append(f"Truncate {length}")
        first = bar.chords[bar.chord_at(start)].name
        later = [
            f"{chord.name}@{place - start + 1:g}"
            for chord, place in zip(bar.chords, starts, strict=True)
            if start < place < start + length
        ]
        lines.append(" ".join([first, *later]))
        start += length
    return lines
