"""The piece of a drum kit that an instrument's name means, e.g. `Hi-Hat Closed (edge 14")`."""

from jukedrummer.corpus.track_names import words_of

# The first row of which a word, or two words that follow each other, are in the name is used. So a
# snare's rim click is a side-stick, and a crash-ride is a crash.
PIECE_WORDS = (
    ("", "cowbell, tambourine, shaker, conga, bongo, clave, bell tree, roll, loop, fx"),
    ("kick", "kick, bassdrum, bass drum, bd"),
    ("side_stick", "sidestick, rim click, rimclick, stick, clap, handclap"),
    ("snare", "snare, sd, sn, rimshot"),
    ("open_hat", "open hat, hat open, open hh, hh open, ohh, open hihat, hihat open, hat opened"),
    ("closed_hat", "hat, hihat, hh, chh"),
    ("crash", "crash, splash, china, cymbal"),
    ("ride", "ride"),
    ("toms", "tom, tomhi, tommid, tomlow, floor"),
)
# An instrument with one of these words is played only if the kit has no plainer one.
SPECIAL = (
    "rimshot, rim, clap, handclap, semi, semiopen, half, pedal, bell, choke, splash, china, flink, "
    "swish, soft, flam, brush, cup, foot"
)
_ROWS = [
    (piece, [f" {phrase.strip()} " for phrase in phrases.split(",")])
    for piece, phrases in PIECE_WORDS
]
_SPECIAL = {word.strip() for word in SPECIAL.split(",")}


def named_piece(name: str) -> str | None:
    """The piece of `PIECES` that a name means; None if it means none."""
    text = f" {' '.join(words_of(name))} "
    return next((p or None for p, phrases in _ROWS if any(w in text for w in phrases)), None)


def plainness(name: str) -> int:
    """How many words of a name mean a special sound: 0 for the usual sound of a piece."""
    return len(_SPECIAL & set(words_of(name)))
