"""Rules for clips: the song is long enough, and the clip has drums and a drumless recording."""

from dataclasses import dataclass

import numpy as np

from jukedrummer.config import ClipConfig
from jukedrummer.corpus.activity import QUIET_DB, drums_active, sounding, windows_of
from jukedrummer.corpus.song import Unfit


@dataclass(frozen=True)
class Activity:
    """Activity in the windows of a song. A window is a second.

    Attributes:
        drums: (W,) whether drums are active.
        drumless: (W,) whether the drumless recording sounds.
    """

    drums: np.ndarray
    drumless: np.ndarray


def activity_of(drums: np.ndarray, drumless: np.ndarray) -> Activity:
    """The activity in both recordings of a song, from the levels (W,) of their windows."""
    return Activity(drums_active(drums), sounding(drumless))


def check_length(frames: int, clip: ClipConfig) -> None:
    """Check that a song fills enough of a clip. A shorter song would be padded too much.

    Args:
        frames: M of the song.
        clip: the limit.

    Raises:
        Unfit: the song is too short.
    """
    filled = frames / clip.frames
    if filled < clip.min_filled:
        raise Unfit(
            "short",
            f"the song has {frames} mel frames, {100 * filled:.0f} % of a clip of {clip.frames}, "
            f"less than clip.min_filled {clip.min_filled:g}",
            f"{filled:.4f}",
            f"{clip.min_filled:g}",
        )


def check_activity(activity: Activity, start: float, stop: float, clip: ClipConfig) -> None:
    """Check that drums are active in a clip, and that its drumless recording sounds.

    Args:
        activity: activity in the whole song. So quiet bleed in a clip does not count as drums.
        start: start of the clip, seconds.
        stop: end of the clip or of the song, seconds.
        clip: the limits.

    Raises:
        Unfit: one of the recordings has too few active seconds.
    """
    for rule, windows, what, key in (
        ("few drums", activity.drums, "drums are active", "min_drums_share"),
        (
            "quiet drumless",
            activity.drumless,
            "the drumless recording sounds",
            "min_drumless_share",
        ),
    ):
        share = float(windows[windows_of(start, stop, len(windows))].mean())
        limit = getattr(clip, key)
        if share < limit:
            raise Unfit(
                rule,
                f"{what} in {100 * share:.0f} % of the clip's seconds (at least {QUIET_DB:g} "
                f"dBFS), less than clip.{key} {limit:g}",
                f"{share:.4f}",
                f"{limit:g}",
            )
