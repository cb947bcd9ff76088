"""The patterns of each style, as text grids: one character a step.

A beat has four steps, or three in a triplet grid.

Drum lines    X accent   x normal   o soft   g ghost   . nothing
Bass lines    R root   3 third   5 fifth   6 sixth   8 octave   a approach to the next chord
              - hold   . rest
Chord lines   X x o the chord, by strength   1 2 3 4 one of its notes from below
              - hold   . rest

A line of several bars repeats when it ends. The bass line "kick" plays with the kick. Each feel
couples a kick with its bass, and the subdivision of the hats with that of the chords. So the band
contains information about the drums.
"""

from dataclasses import dataclass

STRENGTH = {"X": 116, "x": 96, "o": 72, "g": 44}


@dataclass(frozen=True)
class Feel:
    """One way to play a style. A song uses one or two lines of `kick`, and one of `snare`."""

    kick: tuple[str, ...]
    snare: tuple[str, ...]
    verse: dict[str, str]
    chorus: dict[str, str]
    bass: tuple[str, ...]
    chords: str
    chords_chorus: str
    backbeat: str = "snare"


@dataclass(frozen=True)
class Style:
    """A style.

    Attributes:
        name: name of the style.
        bpm: limits of the tempo, beats a minute.
        kits: drum kits, keys of `render.KITS`.
        family: family of its progressions, a key of `harmony.PROGRESSIONS`.
        feels: ways to play it.
        bass, chords, pads, leads: General MIDI programs of the instruments.
        meter: beats a bar.
        grid: "16th" or "triplet".
        swing: limits of the delay of every second sixteenth, in steps.
        loose: spread of the players' timing, milliseconds.
        drift: largest relative change of the tempo.
    """

    name: str
    bpm: tuple[float, float]
    kits: tuple[str, ...]
    family: str
    feels: tuple[Feel, ...]
    bass: tuple[int, ...]
    chords: tuple[int, ...]
    pads: tuple[int, ...]
    leads: tuple[int, ...]
    meter: int = 4
    grid: str = "16th"
    swing: tuple[float, float] = (0.0, 0.0)
    loose: float = 4.0
    drift: float = 0.015

    @property
    def steps_per_beat(self) -> int:
        """Steps of the grid in a beat."""
        return 3 if self.grid == "triplet" else 4

    @property
    def steps(self) -> int:
        """Steps of the grid in a bar."""
        return self.meter * self.steps_per_beat


@dataclass(frozen=True)
class Fills:
    """Drum fills of a meter and grid.

    s S g   snare (normal, accent, ghost)      k   kick
    h m l   toms from high to low              b   kick and low tom together
    -       silence within the fill            .   the groove, before the fill
    """

    small: tuple[str, ...]
    big: tuple[str, ...]


ROCK = Style(
    name="rock",
    bpm=(96, 140),
    kits=("standard", "power", "room", "tight"),
    family="pop",
    feels=(
        Feel(
            kick=("X.......x.x.....", "X.....x.x.......", "X.x.....x.x....."),
            snare=("....X.......X...",),
            verse={"hat": "x.o.x.o.x.o.x.o."},
            chorus={"ride": "x.o.x.o.x.o.x.o."},
            bass=("R-R-R-R-R-R-R-R-", "R-R-R-R-R-R-5-a-"),
            chords="X.o.x.o.x.o.x.o.",
            chords_chorus="X-------x---x-x-",
        ),
        Feel(
            kick=("X.......x.......", "X......xx.x.....", "X.....x...x....."),
            snare=("....X.......X...", "....X..g....X..."),
            verse={"hat": "x.x.x.x.x.x.x.x."},
            chorus={"open": "x...x...x...x..."},
            bass=("kick",),
            chords="X---x-x-x---x-x-",
            chords_chorus="X-x-x-x-x-x-x-x-",
        ),
    ),
    bass=(33, 34),
    chords=(27, 29, 30),
    pads=(16, 48),
    leads=(30, 53, 65, 81),
)

PUNK = Style(
    name="punk",
    bpm=(152, 180),
    kits=("standard", "power", "tight"),
    family="pop",
    feels=(
        Feel(
            kick=("X.......x.x.....", "X.....x.x.......", "X.......x......."),
            snare=("....X.......X...",),
            verse={"hat": "x.x.x.x.x.x.x.x."},
            chorus={"ride": "X...x...x...x..."},
            bass=("R-R-R-R-R-R-R-R-",),
            chords="X-o-x-o-x-o-x-o-",
            chords_chorus="X---x---x---x---",
        ),
        Feel(
            kick=("X...x...X...x...",),
            snare=("....X.......X...",),
            verse={"hat": "x...x...x...x..."},
            chorus={"open": "x...x...x...x..."},
            bass=("R-R-R-R-R-R-R-R-", "R-R-R-R-5-5-8-5-"),
            chords="X---x---x---x---",
            chords_chorus="X-o-x-o-x-o-x-o-",
        ),
    ),
    bass=(34, 33),
    chords=(30, 29),
    pads=(16, 30),
    leads=(53, 81, 30),
    drift=0.02,
)

FUNK = Style(
    name="funk",
    bpm=(103, 118),
    kits=("standard", "tight", "room"),
    family="vamp",
    feels=(
        Feel(
            kick=("X..x......x..x..", "X.x....x..x.....", "X..x..x...x....."),
            snare=("....X..g.g..X..g", "....X..g.g..X..."),
            verse={"hat": "xoxoxoxoxoxoxoxo"},
            chorus={"hat": "xoxoxoxoxoxoxo..", "open": "..............x."},
            bass=("kick",),
            chords="X.ox.oxoX.ox.oxo",
            chords_chorus="X..x..x.x.ox..x.",
        ),
        Feel(
            kick=("X.....x...x.....", "X.x.......x.x..."),
            snare=("....X....g..X...", "....X..g....X.g."),
            verse={"hat": "x.o.x.o.x.o.x.o."},
            chorus={"ride": "x.o.x.o.x.o.x.o."},
            bass=("kick",),
            chords="x.o.X.o.x.o.X.o.",
            chords_chorus="X..o..x...o.X...",
        ),
    ),
    bass=(36, 33),
    chords=(7, 27, 4),
    pads=(61, 48, 16),
    leads=(65, 66, 56),
    swing=(0.0, 0.1),
)

DISCO = Style(
    name="disco",
    bpm=(108, 130),
    kits=("standard", "tight", "electronic"),
    family="minor",
    feels=(
        Feel(
            kick=("X...x...x...x...",),
            snare=("....X.......X...",),
            verse={"hat": "x...x...x...x...", "open": "..x...x...x...x."},
            chorus={"hat": "xo..xo..xo..xo..", "open": "..x...x...x...x."},
            bass=("R-8-R-8-R-8-R-8-", "R-8-R-8-5-8-R-a-"),
            chords="X.oox.oox.oox.oo",
            chords_chorus="X-x-..x-x-x-..x-",
        ),
        Feel(
            kick=("X...x...x...x...", "X...x...x...x.x."),
            snare=("....X.......X...",),
            verse={"hat": "xoooxoooxoooxooo"},
            chorus={"open": "..x...x...x...x.", "tambourine": "x.x.x.x.x.x.x.x."},
            bass=("R--RR-8-R--RR-8-", "R..R8...R..R8.a."),
            chords="X...x.x.x...x.x.",
            chords_chorus="X.oox.oox.oox.oo",
        ),
    ),
    bass=(33, 38),
    chords=(27, 4, 0),
    pads=(48, 50),
    leads=(53, 61, 65),
    loose=2.5,
    drift=0.005,
)

HOUSE = Style(
    name="house",
    bpm=(116, 130),
    kits=("808", "electronic"),
    family="minor",
    feels=(
        Feel(
            kick=("X...X...X...X...",),
            snare=("....X.......X...",),
            verse={"open": "..x...x...x...x."},
            chorus={"open": "..x...x...x...x.", "shaker": "xooxxooxxooxxoox"},
            bass=("R-..R-R-..R-R-..", "R-R-..R-R-R-..R-"),
            chords="X--x--x---x--x--",
            chords_chorus="X-x-x-x-x-x-x-x-",
            backbeat="clap",
        ),
        Feel(
            kick=("X...X...X...X...", "X...X...X...X..x"),
            snare=("....X.......X...", "....X..g....X..."),
            verse={"hat": "..x...x...x...x.", "shaker": "o.o.o.o.o.o.o.o."},
            chorus={"open": "..x...x...x...x.", "hat": "xo..xo..xo..xo.."},
            bass=("RR.RRR.RRR.RRR.R",),
            chords="X---x---x---x---",
            chords_chorus="X--x--x-X--x--x-",
            backbeat="clap",
        ),
    ),
    bass=(38, 39),
    chords=(0, 16, 81),
    pads=(89, 50),
    leads=(80, 81, 53),
    loose=0.5,
    drift=0.0,
)

HIPHOP = Style(
    name="hiphop",
    bpm=(96, 112),
    kits=("808", "electronic", "room", "deep"),
    family="minor",
    feels=(
        Feel(
            kick=("X.....x..xx.....", "X..x...x..x.....", "X......x.xx....."),
            snare=("....X.......X...", "....X..g....X..."),
            verse={"hat": "x.o.x.o.x.o.x.o."},
            chorus={"hat": "x.o.x.o.x.o.x...", "open": "..............x."},
            bass=("kick",),
            chords="X---x-o-x---x-o-",
            chords_chorus="X-o-x-o-x-o-x-o-",
        ),
        Feel(
            kick=("X.........x.....", "X..x......x....."),
            snare=("....X.......X...",),
            verse={"hat": "xoxoxoxoxoxoxoxo"},
            chorus={"hat": "xoxoxoxoxoxoxoxo", "tambourine": "....x.......x..."},
            bass=("kick",),
            chords="1-2-3-2-4-2-3-2-",
            chords_chorus="X---2-3-X---2-3-",
            backbeat="clap",
        ),
    ),
    bass=(38, 33, 39),
    chords=(4, 5, 11, 0),
    pads=(89, 48),
    leads=(73, 80, 53, 11),
    swing=(0.05, 0.12),
    drift=0.003,
    loose=3.0,
)

BOSSA = Style(
    name="bossa",
    bpm=(108, 146),
    kits=("standard", "tight"),
    family="jazz",
    feels=(
        Feel(
            kick=("x.....o.x.....o.",),
            snare=("x.....x.....x.......x.....x.....",),
            verse={"hat": "x.o.x.o.x.o.x.o."},
            chorus={"ride": "x.o.x.o.x.o.x.o."},
            bass=("R-----R-5-----5-", "R-----5-5-----a-"),
            chords="X---x-x---x-x---",
            chords_chorus="X---x-x-x---x-x-",
            backbeat="rim",
        ),
        Feel(
            kick=("x.....o.x.....o.",),
            snare=("....x.....x.....x.....x.....x...",),
            verse={"hat": "x.o.x.o.x.o.x.o."},
            chorus={"shaker": "xooxxooxxooxxoox", "ride": "x...x...x...x..."},
            bass=("R-----R-5-----5-",),
            chords="X-1-x-1-x-1-x-1-",
            chords_chorus="X---x-x---x-x---",
            backbeat="rim",
        ),
    ),
    bass=(32, 35),
    chords=(24, 4),
    pads=(48, 49),
    leads=(73, 66, 11),
)

SAMBA = Style(
    name="samba",
    bpm=(104, 118),
    kits=("standard", "tight", "room"),
    family="jazz",
    feels=(
        Feel(
            kick=("x..ox..xx..ox..x", "x..xx..xx..xx..x"),
            snare=("X.oX.oX.oXo.X.o.", "x.xg.xg.xgx.xg.x"),
            verse={"hat": "xoxoxoxoxoxoxoxo"},
            chorus={"ride": "x.xxx.xxx.xxx.xx"},
            bass=("R--55--5R--55--a", "R--RR--55--55--a"),
            chords="X.xxo.xoX.xxo.xo",
            chords_chorus="X--xx--xx--xx-x-",
            backbeat="rim",
        ),
    ),
    bass=(32, 33),
    chords=(24, 25),
    pads=(21, 48),
    leads=(73, 72, 56),
    drift=0.02,
)

WALTZ = Style(
    name="waltz",
    bpm=(96, 168),
    kits=("standard", "room", "tight"),
    family="waltz",
    meter=3,
    feels=(
        Feel(
            kick=("X...........", "X.........o."),
            snare=("....x...x...", "........X..."),
            verse={"hat": "o...x...x..."},
            chorus={"ride": "x...x.o.x.o."},
            bass=("R-----------5-----------", "R-------5---"),
            chords="1---x---x---",
            chords_chorus="X---x-x-x-x-",
        ),
        Feel(
            kick=("X.....o.....", "X..........."),
            snare=("........X...",),
            verse={"hat": "x.o.x.o.x.o."},
            chorus={"ride": "x.o.x.o.x.o."},
            bass=("R-------5-a-", "R---5---8---"),
            chords="1-2-3-2-3-2-",
            chords_chorus="X-2-3-X-3-2-",
        ),
    ),
    bass=(32, 33),
    chords=(0, 24, 21),
    pads=(48, 49),
    leads=(40, 73, 71, 22),
    drift=0.025,
    loose=5.0,
)

SHUFFLE = Style(
    name="shuffle",
    bpm=(112, 144),
    kits=("standard", "room", "tight", "power"),
    family="blues",
    grid="triplet",
    feels=(
        Feel(
            kick=("X.....x.....", "X....ox....."),
            snare=("...X.....X..", "...X..g..X.g"),
            verse={"hat": "x.ox.ox.ox.o"},
            chorus={"ride": "x.ox.ox.ox.o"},
            bass=("R-R5-56-65-5", "R-RR-R5-55-5"),
            chords="X-ox-oX-ox-o",
            chords_chorus="X--x-xX--x-x",
        ),
        Feel(
            kick=("X..o..x..o..", "X.....x....o"),
            snare=("...X.....X..",),
            verse={"ride": "x..x.ox..x.o", "pedal": "...x.....x.."},
            chorus={"ride": "x.ox.ox.ox.o", "pedal": "...x.....x.."},
            bass=("R--3--5--6--", "R--3--5--a--"),
            chords="X-ox--x-ox--",
            chords_chorus="X-ox-oX-ox-o",
        ),
    ),
    bass=(32, 33),
    chords=(0, 27, 16),
    pads=(16, 61),
    leads=(22, 65, 29, 66),
    drift=0.02,
)

HALFTIME = Style(
    name="halftime",
    bpm=(126, 150),
    kits=("power", "room", "electronic", "deep"),
    family="minor",
    feels=(
        Feel(
            kick=("X.....x.........", "X..x............", "X.....x.......x."),
            snare=("........X.......",),
            verse={"hat": "x.o.x.o.x.o.x.o."},
            chorus={"open": "x...x...x...x..."},
            bass=("kick",),
            chords="X-o-x-o-x-o-x-o-",
            chords_chorus="X---x---X---x---",
        ),
        Feel(
            kick=("X.........x.....", "X.........x..x.."),
            snare=("........X.......", "........X.....g."),
            verse={"hat": "x.o.x.o.x.o.x.o."},
            chorus={"ride": "x.x.x.x.x.x.x.x."},
            bass=("kick",),
            chords="1-2-3-4-3-2-3-2-",
            chords_chorus="X-o-x-o-X-o-x-o-",
        ),
    ),
    bass=(34, 39, 33),
    chords=(30, 29, 81),
    pads=(50, 89),
    leads=(81, 53, 40),
)

REGGAE = Style(
    name="reggae",
    bpm=(132, 172),
    kits=("standard", "tight", "room"),
    family="minor",
    feels=(
        Feel(
            kick=("o.......X.......", "x.......X......."),
            snare=("........X.......",),
            verse={"hat": "x.o.x.o.x.o.x.o."},
            chorus={"hat": "x.x.x.x.x.x.x.x."},
            bass=("R---R-3-5---3---", "R---..R-5-3-R---"),
            chords="1---X-..1---X-..",
            chords_chorus="1-..X-o-1-..X-o-",
            backbeat="rim",
        ),
        Feel(
            kick=("X...x...X...x...",),
            snare=("........X.......", "........X.....g."),
            verse={"hat": "x.o.x.o.x.o.x.o."},
            chorus={"hat": "x...x...x...x...", "tambourine": "....x.......x..."},
            bass=("R---R---5---3---", "R---3---5-5-..a-"),
            chords="1---X-..1---X-..",
            chords_chorus="1-..X-o-1-..X-o-",
        ),
    ),
    bass=(33, 35),
    chords=(16, 27, 0),
    pads=(16, 61),
    leads=(22, 56, 53),
)

SIXEIGHT = Style(
    name="sixeight",
    # Counted in eighths, as trackers do: two bars of three are one of 6/8.
    bpm=(150, 180),
    kits=("standard", "room", "deep"),
    family="waltz",
    meter=3,
    feels=(
        Feel(
            kick=("X...........o...........", "X.......o..............."),
            snare=("............X...........",),
            verse={"hat": "x...o...o..."},
            chorus={"ride": "x...o...o..."},
            bass=("R-----------5-------R---", "R-------R---R-------a---"),
            chords="1---2---3---4---3---2---",
            chords_chorus="X---o---o---",
        ),
        Feel(
            kick=("X...........", "X.......o...X..........."),
            snare=("............X...........", "............X.........g."),
            verse={"hat": "x...x...x..."},
            chorus={"open": "x...........", "tambourine": "x...o...o..."},
            bass=("R-------5---", "R-----------"),
            chords="X---o---o---",
            chords_chorus="X---2---3---",
        ),
    ),
    bass=(33, 32, 35),
    chords=(0, 25, 27),
    pads=(48, 89),
    leads=(53, 65, 40),
    drift=0.02,
)

BALLAD = Style(
    name="ballad",
    bpm=(60, 94),
    kits=("standard", "room", "deep"),
    family="pop",
    grid="triplet",
    feels=(
        Feel(
            kick=("X.....x.....",),
            snare=("...X.....X..",),
            verse={"hat": "x..x..x..x.."},
            chorus={"ride": "x..x..x..x.."},
            bass=("R--R--5--R--", "R-----5--a--"),
            chords="X--x--X--x--",
            chords_chorus="X--x--X--x-o",
        ),
        Feel(
            kick=("X.....x.....", "X..o..x....."),
            snare=("...X.....X..", "...X.....X.g"),
            verse={"hat": "x..x..x..x.g"},
            chorus={"ride": "x..x..x..x.g", "tambourine": "...x.....x.."},
            bass=("R--R--R--a--", "R--5--8--5--"),
            chords="X--x--x--x--",
            chords_chorus="X--2--3--2--",
        ),
    ),
    bass=(33, 32, 35),
    chords=(0, 4, 25),
    pads=(48, 89),
    leads=(53, 65, 73),
    drift=0.025,
    loose=5.0,
)

SOUL = Style(
    name="soul",
    bpm=(98, 136),
    kits=("standard", "tight", "room"),
    family="pop",
    feels=(
        Feel(
            kick=("X.....x.x.x.....", "X..x....x.x....."),
            snare=("X...X...X...X...",),
            verse={"hat": "o.o.o.o.o.o.o.o."},
            chorus={"tambourine": "x.x.x.x.x.x.x.x."},
            bass=("R--R..5-R-3-5-a-", "R-R-..R-5-R-..a-"),
            chords="x...X...x...X...",
            chords_chorus="x.o.X.o.x.o.X.o.",
        ),
        Feel(
            kick=("X.....x.x.......", "X.....xx..x....."),
            snare=("....X.......X...",),
            verse={"hat": "x.o.x.o.x.o.x.o.", "tambourine": "....x.......x..."},
            chorus={"ride": "x.o.x.o.x.o.x.o.", "tambourine": "....x.......x..."},
            bass=("kick",),
            chords="X.o.x.o.X.o.x.o.",
            chords_chorus="X---x-x-x---x-x-",
        ),
    ),
    bass=(33, 32),
    chords=(0, 27, 16),
    pads=(48, 61),
    leads=(66, 53, 56),
    drift=0.02,
)

STYLES = (
    ROCK,
    PUNK,
    FUNK,
    DISCO,
    HOUSE,
    HIPHOP,
    BOSSA,
    SAMBA,
    WALTZ,
    SHUFFLE,
    HALFTIME,
    REGGAE,
    BALLAD,
    SIXEIGHT,
    SOUL,
)

FILLS = {
    (4, "16th"): Fills(
        small=(
            "............sgss",
            "............S-ss",
            "..........s-s-s-",
            "............hhll",
            "..........ggS-S-",
        ),
        big=(
            "........sssshhll",
            "........S-ssS-hl",
            "........hhmmllbb",
            "S-ssS-ssh-hhl-ll",
            "........S-hhm-ll",
        ),
    ),
    (4, "triplet"): Fills(
        small=(".........sss", ".........S-s", ".........hml"),
        big=("......ssshml", "......S-sS-l", "......hhhlll", "S-sS-shmlS-b"),
    ),
    (3, "16th"): Fills(
        small=("........s-ss", "........S-s-", "........h-l-"),
        big=("....s-s-h-l-", "....sssshhll", "S-s-h-h-l-l-"),
    ),
}
"""By meter and grid."""

LEAD_RHYTHMS = {
    (4, "16th"): (
        "x---x-x-x---x---",
        "x-----x-x---x-x-",
        "x-x-x---x-x-x---",
        "x---x---x-x-x---",
        "x-----x-----x---",
        "x-x-x-x-x---x---",
    ),
    (4, "triplet"): (
        "x--x-xx-----",
        "x-xx-xx--x--",
        "x-----x-xx--",
        "x--x--x-xx-x",
        "x-xx--x-xx--",
    ),
    (3, "16th"): (
        "x-------x---",
        "x---x---x---",
        "x-----x-x---",
        "x---x-x-x---",
    ),
}
"""Bars of melody, by meter and grid: x starts a note, - holds it."""
