"""The style files of MMA's library: their grooves, their meter, and the tempi that suit them."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from jukedrummer.corpus.files import walk_files
from jukedrummer.corpus.mma.meter import BarMeter, style_meter
from jukedrummer.corpus.timeline import generator
from jukedrummer.errors import UserError

MMA_SUFFIX = ".mma"
NOT_MUSIC = re.compile(r"metronome|count")
"""Style files of clicks."""
DEFINED = re.compile(r"^[ \t]*DefGroove[ \t]+(\S+)(.*)", re.MULTILINE | re.IGNORECASE)
"""A groove: its name, and the first line of its description."""
DRUM_TRACK = re.compile(r"^[ \t]*(?:Begin[ \t]+)?Drum", re.MULTILINE | re.IGNORECASE)
KINDS = (
    ("fill", re.compile(r"Fill|FILL|(?<=\d)F[AB]\b"), re.compile(r"\bfill", re.IGNORECASE)),
    ("intro", re.compile(r"Intro|INTRO"), re.compile(r"\bintro", re.IGNORECASE)),
    ("ending", re.compile(r"End|END|(?<=\d)E\b"), re.compile(r"\bending", re.IGNORECASE)),
)
"""Kinds of grooves, by their names and by their descriptions. All others are main grooves."""
TEMPI = (
    (r"slow|ballad|bald|lullaby|serenade|bolero|spiritual|mellow|ambient|hymn|desert", 50, 96),
    (r"trip|hip-?hop|rnb|r\+b|modernrb|^rb|soul|reggae|nite", 64, 112),
    (r"dnb", 150, 184),
    (
        r"fast|bebop|quick|polka|punk|bluegrass|gypsy|jive|charleston|merengue|thr|mtl|metal",
        120,
        220,
    ),
    (r"samba|ska|zydeco|dixie", 110, 200),
    (r"techno|trance|house|dance|rave|disco", 112, 150),
    (r"march", 96, 132),
    (r"waltz", 84, 190),
    (r"mambo|salsa|son|chacha|latin|rhumba|calypso|bossa|beguine|tango|afro|cuban|quando", 88, 180),
    (r"swing|jazz|band|broadway|foxtrot|evans|show", 84, 200),
    (r"blues|boogie|boggie|shuffle", 62, 150),
)
"""Words in the names of style files, and limits of their tempi in beats a minute."""
USUAL_TEMPI = 70, 165
COMPOUND_TEMPI = 50, 104
"""Limits where a beat has three eighths."""
ALL_TEMPI = 50, 220
ANY_TEMPO = 0.12
"""Share of the songs whose tempo is drawn from `ALL_TEMPI`."""


@dataclass(frozen=True)
class StyleFile:
    """A style file.

    Attributes:
        path: the file.
        name: path in the library without suffix, such as `casio/rock1`.
        digest: SHA-256 of its bytes.
        meter: of its grooves.
        main, fills, intros, endings: names of its grooves, by kind; `main` has at least one.
    """

    path: Path
    name: str
    digest: str
    meter: BarMeter
    main: tuple[str, ...]
    fills: tuple[str, ...]
    intros: tuple[str, ...]
    endings: tuple[str, ...]

    @property
    def stem(self) -> str:
        """Its name without the folder."""
        return self.name.rpartition("/")[2]


def read_library(root: Path) -> list[StyleFile]:
    """The style files below a folder that have drums and a meter that is supported, by name.

    Raises:
        UserError: there is none, or a file cannot be read.
    """
    files = sorted(walk_files(root, (MMA_SUFFIX,)))
    styles = [style for path in files if (style := read_style(path, root)) is not None]
    if not styles:
        raise UserError(
            f"{root}: none of its {len(files)} files ({MMA_SUFFIX}) has grooves with drums; is it "
            "the library of MMA?"
        )
    return styles


def library_digest(styles: list[StyleFile]) -> str:
    """SHA-256 of the names and the bytes of style files."""
    lines = "".join(f"{style.name} {style.digest}\n" for style in styles)
    return hashlib.sha256(lines.encode()).hexdigest()


def read_style(path: Path, root: Path) -> StyleFile | None:
    """Read a style file; None if it has no grooves, no drums or a meter that is not supported.

    Args:
        path: the file.
        root: folder of the library.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    text = content.decode("latin-1")
    grooves: dict[str, list[str]] = {kind: [] for kind in ("main", "fill", "intro", "ending")}
    for name, description in DEFINED.findall(text):
        group = grooves[kind_of(name, description)]
        if name not in group:
            group.append(name)
    meter = style_meter(text)
    if (
        meter is None
        or not grooves["main"]
        or not DRUM_TRACK.search(text)
        or NOT_MUSIC.search(path.stem.lower())
    ):
        return None
    return StyleFile(
        path,
        path.relative_to(root).with_suffix("").as_posix(),
        hashlib.sha256(content).hexdigest(),
        meter,
        *(tuple(grooves[kind]) for kind in ("main", "fill", "intro", "ending")),
    )


def kind_of(name: str, description: str) -> str:
    """The kind of a groove, by its name, or by its description: main, fill, intro or ending."""
    for kind, in_name, _ in KINDS:
        if in_name.search(name):
            return kind
    for kind, _, in_description in KINDS:
        if in_description.search(description):
            return kind
    return "main"


def tempo_limits(style: StyleFile) -> tuple[float, float]:
    """Limits of the tempi that suit a style, beats a minute."""
    if style.meter.compound:
        return COMPOUND_TEMPI
    for words, low, high in TEMPI:
        if re.search(words, style.stem.lower()):
            return low, high
    return USUAL_TEMPI


def style_of(styles: list[StyleFile], seed: int, index: int) -> tuple[StyleFile, int]:
    """The style of a song, and how often it had its turn before.

    Every run of as many songs as there are styles has each style once.
    """
    turn, place = divmod(index, len(styles))
    order = generator(seed, turn, "styles").permutation(len(styles))
    return styles[order[place]], turn
