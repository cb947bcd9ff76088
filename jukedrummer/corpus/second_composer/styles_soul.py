"""Styles of soul and the islands: motown, funk, reggae."""

from jukedrummer.corpus.second_composer.style import Groove, Player, StyleSheet, play

MOTOWN = StyleSheet(
    name="motown",
    meter=4,
    steps=4,
    bpm=(98, 128),
    kits=("dry", "maple"),
    palette="soul",
    grooves=(
        Groove(
            soft=play(
                kick="9... .... 8.7. ....",
                rim=".... 7... .... 7...",
                tambourine="..5. 7.5. ..5. 7.5.",
            ),
            main=play(
                kick="9... ..7. 8.7. ....",
                snare="7... 9... 7... 9...",
                tambourine="5.6. 8.6. 5.6. 8.6.",
            ),
            loud=play(
                kick="9..7 ..7. 8.7. ..o.",
                snare="8... 9... 8... 9..5",
                hat="7.5. 7.5. 7.5. 7.5.",
                tambourine="6464 8464 6464 8464",
            ),
        ),
        Groove(
            soft=play(kick="9... .... 9... ....", hat="7.5. 7.5. 7.5. 7.5."),
            main=play(
                kick="9..8 .... 9..8 ....",
                snare=".... 9... .... 9.g.",
                hat="7.5. 7.5. 7.5. 7.5.",
                tambourine=".... 7... .... 7...",
            ),
            loud=play(
                kick="9..8 ..7. 9..8 ..7.",
                snare=".... 9..g .... 9.6.",
                open="8... 7... 8... 7...",
                tambourine="6.6. 8.6. 6.6. 8.6.",
            ),
        ),
    ),
    fills=("around", "kicks", "roll", "claps"),
    band=(
        Player(
            ("finger_bass",),
            "bass",
            ("1..5 6.8. ..6. 5.3a", "1..1 ..3. 5..6 ..5a", "1.1. .5.6 8..6 5.a."),
            levels="smlb",
            pitch=40,
            gain=1.0,
        ),
        Player(
            ("chop_guitar",),
            "chords",
            (".... 9... .... 9...", "..m. 9.m. ..m. 9.m."),
            levels="sml",
            pitch=67,
            gain=-2.0,
        ),
        Player(
            ("house_piano", "organ", "vibes"),
            "chords",
            ("7.6. 7.6. 7.6. 7.6.", "8-.. ..7. 8-.. ..7.", "7..7 ..7. 7-.. 7..."),
            pitch=60,
            gain=-1.0,
        ),
        Player(
            ("brass",),
            "chords",
            ("..8. ..8- .... ....", "=crash", ".... .... .8.8 9---"),
            levels="l",
            pitch=67,
            gain=-1.0,
        ),
        Player(("strings",), "pad", levels="lbn", pitch=72, gain=-7.0, share=0.7),
        Player(("reed", "flute"), "lead", levels="ml", pitch=70, share=0.9),
    ),
    drift=0.01,
    loose=5.0,
)

FUNK = StyleSheet(
    name="funk",
    meter=4,
    steps=4,
    bpm=(96, 116),
    kits=("dry", "maple", "sampler"),
    palette="vamp",
    grooves=(
        Groove(
            soft=play(
                kick="9... ..7. ..8. ....",
                rim=".... 7... .... 7...",
                hat="6.4. 6.4. 6.4. 6.4.",
            ),
            main=play(
                kick="9.7. ..o. ..8. .7..  9..7 .... .78. ..o.",
                snare=".... 9..3 .3g3 9..3  .... 9..3 .3.3 9.g3",
                hat="7464 7464 7464 74..  7464 7464 7464 7464",
                open=".... .... .... ..7.  .... .... .... ....",
            ),
            loud=play(
                kick="9.7. ..7. ..8. .7..  9..7 ..7. .78. ..7.",
                snare=".... 9..3 .3.3 9..3  .... 9..3 .3.3 9.33",
                hat="8464 84.. 8464 84..  8464 84.. 8464 84..",
                open=".... ..7. .... ..7.  .... ..7. .... ..7.",
                bell="7... 7... 7... 7...  7... 7... 7... 7...",
            ),
        ),
        Groove(
            soft=play(kick="9... .... .... ..7.", hat="7575 7575 7575 7575"),
            main=play(
                kick="9..7 ..7. .... ..7.",
                snare=".g.. 9.g. .9.g ..9.",
                hat="7.75 7.75 7.75 7.75",
            ),
            loud=play(
                kick="9..7 ..7. .7.. ..7.",
                snare=".3.g 9.3. .9.3 .g9.",
                ride="8.6. 8.6. 8.6. 8.6.",
                tambourine="..5. ..5. ..5. ..5.",
            ),
        ),
    ),
    fills=("chopped", "kicks", "bark", "around"),
    band=(
        Player(
            ("finger_bass", "pick_bass", "synth_bass"),
            "bass",
            ("1..x .81. ..7. x.5a", "1.x1 ..7. .8x. ..57", "1... ..18 .x7. 5.7a"),
            ("1.x1 .81. .x7. x857",),
            levels="smlb",
            pitch=39,
            gain=1.0,
        ),
        Player(
            ("clav", "chop_guitar"),
            "chords",
            ("m7mm .m7m m7m. 7.m7", ".m7. m.m7 .m7. m7m.", "7.mm 7m.7 .mm7 m.7m"),
            levels="ml",
            pitch=62,
        ),
        Player(
            ("electric_piano", "organ"),
            "chords",
            ("7--. .... ..7- ....", "8--- --.. .... ..7."),
            levels="smn",
            pitch=62,
            gain=-2.0,
        ),
        Player(
            ("brass",),
            "chords",
            (".... ..9. .... ....", "..8. 9... .... ...8"),
            ("9..9 ..9. .... ....", "..8. 9... ..89 ..8-", "=crash"),
            levels="l",
            pitch=67,
            gain=-1.0,
        ),
        Player(("reed", "clav"), "lead", levels="mn", pitch=70, gain=-1.0, share=0.6),
    ),
    swing=(0.0, 0.2),
    drift=0.006,
    loose=4.0,
    offbeat=0.6,
)

REGGAE = StyleSheet(
    name="reggae",
    meter=4,
    steps=4,
    bpm=(74, 94),
    kits=("dry", "maple"),
    palette="roots",
    grooves=(
        Groove(
            soft=play(rim=".... 7... .... 7...", hat="..6. ..6. ..6. ..6."),
            main=play(
                kick=".... 9... .... 9...",
                rim=".... 8... .... 8..o",
                hat="7.5. 7.5. 7.5. 7.5.",
            ),
            loud=play(
                kick=".... 9... .... 9..o",
                snare=".... 8... ...g 8..3",
                hat="7.54 7.5. 7.54 7...",
                open=".... .... .... ..7.",
            ),
        ),
        Groove(
            soft=play(kick="8... 8... 8... 8...", rim=".... ..6. .... ..6."),
            main=play(
                kick="9... 9... 9... 9...",
                rim="...7 ..7. .... 8...",
                hat="..7. ..74 ..7. ..74",
            ),
            loud=play(
                kick="9... 9... 9... 9...",
                snare="...o .... 9... ..o.",
                rim=".... ..6. .... ..6.",
                hat="5.74 5.74 5.74 5.74",
                shaker="..6. ..6. ..6. ..6.",
            ),
        ),
    ),
    fills=("kicks", "around", "cut"),
    band=(
        Player(
            ("finger_bass", "sub_bass"),
            "bass",
            (
                "..1. 1.5. 8-.. 5.a.",
                "1-.. ..1. 3-5- ....",
                "1-.1 ..5- .... 7.5.",
                ".... 1.1. 5.5. 3.a.",
            ),
            levels="smlb",
            pitch=38,
            gain=2.0,
        ),
        Player(
            ("chop_guitar", "steel_guitar"),
            "chords",
            ("..8. ..8. ..8. ..8.", "..8. ..87 ..8. ..8."),
            levels="smln",
            pitch=66,
        ),
        Player(
            ("organ",),
            "chords",
            (".563 .563 .563 .563", "..63 ..63 ..63 ..63"),
            levels="mlbn",
            pitch=60,
            gain=-2.0,
        ),
        Player(
            ("brass", "reed"),
            "riff",
            ("5-.. 5.6. 5.3. ....", "..1. 2.3- .... 5-3."),
            levels="l",
            pitch=68,
            gain=-1.0,
            share=0.7,
        ),
        Player(("flute", "reed", "clav"), "lead", levels="mn", pitch=72, gain=-1.0, share=0.8),
    ),
    swing=(0.0, 0.22),
    drift=0.008,
    loose=6.0,
    offbeat=0.5,
)

SOUL = (MOTOWN, FUNK, REGGAE)
