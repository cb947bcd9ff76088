"""Styles in triplets: shuffle, slow blues, soul ballad in 6/8."""

from jukedrummer.corpus.second_composer.style import Groove, Player, StyleSheet, play

SHUFFLE = StyleSheet(
    name="shuffle",
    meter=4,
    steps=3,
    bpm=(108, 142),
    kits=("maple", "dry"),
    palette="twelve",
    grooves=(
        Groove(
            soft=play(
                kick="8.. ... 7.. ...",
                rim="... 7.. ... 7..",
                hat="7.5 7.5 7.5 7.5",
            ),
            main=play(
                kick="9.. 6.. 8.. 6.o",
                snare="..3 9.3 ..3 9.3",
                hat="8.5 8.5 8.5 8.5",
            ),
            loud=play(
                kick="9.. 7.. 9.7 7..",
                snare="..4 9.4 ..4 9.4",
                ride="8.6 9.6 8.6 9.6",
                pedal="... 6.. ... 6..",
            ),
        ),
        Groove(
            soft=play(kick="8.. ... 8.. ...", ride="7.. 7.5 7.. 7.5", pedal="... 6.. ... 6.."),
            main=play(
                kick="9.. ..7 ..8 ...",
                snare="..g 9.. .g. 9.g",
                ride="8.. 8.6 8.. 8.6",
                pedal="... 5.. ... 5..",
            ),
            loud=play(
                kick="9.. ..7 9.8 ..7",
                snare="..g 9.g .g. 9.g",
                open="8.. 8.. 8.. 8..",
            ),
        ),
    ),
    fills=("triplets", "around", "kicks"),
    band=(
        Player(
            ("upright", "finger_bass"),
            "bass",
            ("1.1 3.3 5.5 6.5", "1.. 3.. 5.. 6..", "1.. 5.. 1.8 7.a"),
            pitch=40,
        ),
        Player(
            ("crunch_guitar", "steel_guitar"),
            "chords",
            ("7.5 m.5 7.5 m.5", "..7 ..m ..7 ..m", "... 8.. ... 8.."),
            levels="ml",
            pitch=57,
        ),
        Player(
            ("organ", "house_piano"),
            "chords",
            ("..7 ..7 ..7 ..7", "8-- --- ..7 -..", "..7 -.. ..7 -.."),
            pitch=64,
            gain=-2.0,
        ),
        Player(
            ("brass",),
            "chords",
            ("=crash",),
            ("9.. ..8 --. ...", "... ..8 ... 9.."),
            levels="l",
            pitch=66,
            gain=-3.0,
            share=0.5,
        ),
        Player(("reed", "crunch_guitar"), "lead", levels="mn", pitch=72, share=0.9),
    ),
    drift=0.012,
    loose=6.0,
    rides=True,
    offbeat=0.4,
)

SLOW_BLUES = StyleSheet(
    name="slow blues",
    meter=4,
    steps=6,
    bpm=(57, 80),
    kits=("dry", "maple", "jazz"),
    palette="minor_blues",
    grooves=(
        Groove(
            soft=play(
                kick="8..... ...... 7..... ......",
                rim="...... 7..... ...... 7.....",
                hat="7.5.5. 6.5.5. 7.5.5. 6.5.5.",
            ),
            main=play(
                kick="9..... ....6. 8..... ....o.",
                snare="...... 8...g. ...... 8.....",
                hat="8.5.5. 7.5.5. 8.5.5. 7.5.5.",
            ),
            loud=play(
                kick="9..... ....7. 9...7. ....7.",
                snare="...... 9...3. ....g. 9...3.",
                ride="9.6.6. 8.6.6. 9.6.6. 8.6.6.",
                pedal="...... 6..... ...... 6.....",
            ),
        ),
    ),
    fills=("triplets", "around", "roll"),
    band=(
        Player(
            ("finger_bass", "upright"),
            "bass",
            (
                "1----- 1---5- 8----- 5---a.",
                "1----. 3----. 5----. 6---5.",
                "1---1- 5----. 1---1- 3---a.",
            ),
            pitch=40,
        ),
        Player(
            ("organ", "electric_piano"),
            "chords",
            ("7----- ------ ------ ----..", "...... 7---.. ...... 7---.."),
            pitch=62,
            gain=-1.0,
        ),
        Player(
            ("house_piano", "crunch_guitar"),
            "chords",
            ("7.6.6. 6.6.6. 7.6.6. 6.6.6.", "....7. 7..... ....7. 7....."),
            levels="mln",
            pitch=66,
            gain=-2.0,
        ),
        Player(("reed", "crunch_guitar", "saw_lead"), "lead", levels="smln", pitch=70, gain=1.0),
    ),
    drift=0.015,
    loose=7.0,
    offbeat=0.4,
)

SOUL_BALLAD = StyleSheet(
    name="soul ballad",
    meter=2,
    steps=6,
    bpm=(56, 78),
    kits=("dry", "maple", "jazz"),
    palette="sunny",
    grooves=(
        Groove(
            soft=play(kick="8..... ......", rim="...... 7.....", hat="7.5.5. 6.5.5."),
            main=play(
                kick="9..... ....7.  9...7. ......",
                snare="...... 9.....  ...... 9...g.",
                hat="8.5.5. 7.5.5.  8.5.5. 7.5.5.",
            ),
            loud=play(
                kick="9...7. ....7.  9...7. ....o.",
                snare="...... 9...3.  ...... 9..g3.",
                ride="8.6.6. 8.6.6.  8.6.6. 8.6.6.",
                tambourine="...... 7.....  ...... 7.....",
            ),
        ),
    ),
    fills=("triplets", "around", "roll"),
    band=(
        Player(
            ("finger_bass", "upright"),
            "bass",
            ("1----- 1---5-", "1----. 5---a.", "1---1- 8-5-a."),
            pitch=40,
        ),
        Player(
            ("steel_guitar", "electric_piano", "house_piano"),
            "arp",
            ("7.6.6. 6.6.6.", "7.5.6. 5.6.5."),
            pitch=62,
        ),
        Player(("organ", "strings"), "pad", levels="smlbn", pitch=64, gain=-6.0),
        Player(
            ("chop_guitar", "brass"),
            "chords",
            ("...... 8.....", "=snare"),
            levels="l",
            pitch=67,
            gain=-2.0,
        ),
        Player(("reed", "flute", "saw_lead"), "lead", levels="mln", pitch=70),
    ),
    drift=0.02,
    loose=6.0,
    offbeat=0.3,
)

BLUES = (SHUFFLE, SLOW_BLUES, SOUL_BALLAD)
