"""F1 of the strokes of kick, snare and hats, compared with the real drums.

Strokes are matched one to one within 50 ms (mir_eval, Raffel et al., ISMIR 2014). The real strokes
are those of the drum score. If a song has no score, its real drums are transcribed. A piece that
the real drums do not have is left out.
"""

import numpy as np

from jukedrummer.evaluation.metrics._played import Played, stroke_share
from jukedrummer.evaluation.playing import known_mean


def _mean(played: Played) -> float:
    return known_mean(np.array(list(played.f1s.values())))


METRICS = (
    stroke_share(
        "kick_f1",
        "Kick F1",
        "strokes of the kick, compared with the real ones, 50 ms",
        lambda played: played.f1s["kick"],
    ),
    stroke_share(
        "snare_f1", "Snare F1", "the same for the snare", lambda played: played.f1s["snare"]
    ),
    stroke_share(
        "hat_f1",
        "Hat F1",
        "the same for closed and open hats together",
        lambda played: played.f1s["hat"],
    ),
    stroke_share("pieces_f1", "Pieces F1", "mean of kick, snare and hat F1", _mean),
)
