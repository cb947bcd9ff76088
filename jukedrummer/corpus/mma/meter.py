"""The meter of MMA's bars.

MMA counts in quarter notes. In most of its grooves in 6/8 a quarter note stands for an eighth, so
their bars have six quarters.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

TIME = re.compile(r"^[ \t]*Time[ \t]+(\d+)(?:/(\d+))?", re.MULTILINE | re.IGNORECASE)
SIGNATURE = re.compile(r"^[ \t]*TimeSig[ \t]+(\d+)[ \t/]+(\d+)", re.MULTILINE | re.IGNORECASE)
MMA_DEFAULT = 4
"""Quarter notes a bar where a file states no time."""
ODD_METERS = {
    (3, 4): (3,),
    (5, 4): (3, 2),
    (7, 4): (4, 3),
}
"""Meters that are made of grooves in 4/4, whose bars are cut to these lengths."""
HALF_BAR = 2


@dataclass(frozen=True)
class BarMeter:
    """The meter of a bar.

    Attributes:
        numerator, denominator: the time signature.
        lengths: MMA's bars that make the bar, in MMA's quarter notes.
    """

    numerator: int
    denominator: int
    lengths: tuple[int, ...]

    @property
    def quarters(self) -> int:
        """Length of the bar in MMA's quarter notes."""
        return sum(self.lengths)

    @property
    def compound(self) -> bool:
        """Whether a beat has three eighths."""
        return self.denominator == 8

    @property
    def beats(self) -> int:
        """Beats a bar."""
        return self.numerator // 3 if self.compound else self.numerator

    @property
    def beat(self) -> float:
        """Length of a beat in MMA's quarter notes."""
        return self.quarters / self.beats

    @property
    def stretch(self) -> Fraction:
        """Quarter notes of the time signature in one of MMA's quarter notes."""
        return Fraction(4 * self.numerator, self.denominator * self.quarters)

    @property
    def middle(self) -> float:
        """Where a second chord of the bar begins, MMA's quarter notes."""
        return self.lengths[0] if len(self.lengths) > 1 else self.beat * -(-self.beats // 2)


def style_meter(text: str) -> BarMeter | None:
    """The meter of a style file; None if it is not supported.

    Args:
        text: content of the file. Its first `Time` and `TimeSig` count.
    """
    time, sign = TIME.search(text), SIGNATURE.search(text)
    signature = (int(sign[1]), int(sign[2])) if sign else None
    if time is None:
        quarters = MMA_DEFAULT
    elif time[2] is None:
        quarters = int(time[1])
    else:
        signature = int(time[1]), int(time[2])
        # MMA gives bars of 6/8 and 12/8 six quarter notes.
        quarters = 6 if time[2] == "8" else signature[0] * 4 // signature[1]
    if quarters == 6:
        return BarMeter(12 if signature == (12, 8) else 6, 8, (6,))
    if quarters == 3 and signature == (6, 8):
        return BarMeter(6, 8, (3,))
    return BarMeter(quarters, 4, (quarters,)) if quarters in (2, 3, 4, 5, 7) else None
