"""Dances: disco, dembow, waltz, jazz waltz."""

from jukedrummer.corpus.second_composer.style import Groove, Player, StyleSheet, play

DISCO = StyleSheet(
    name="disco",
    meter=4,
    steps=4,
    bpm=(112, 127),
    kits=("dry", "analogue", "maple"),
    palette="mirror_ball",
    grooves=(
        Groove(
            soft=play(
                kick="9... 9... 9... 9...",
                hat="..6. ..6. ..6. ..6.",
                shaker="4253 4253 4253 4253",
            ),
            main=play(
                kick="9... 9... 9... 9...",
                snare=".... 8... .... 8..g",
                hat="6.3. 6.3. 6.3. 6.3.",
                open="..7. ..7. ..7. ..7.",
            ),
            loud=play(
                kick="9... 9... 9... 9..o",
                snare=".... 9..g ..g. 9...",
                clap=".... 8... .... 8...",
                hat="74.4 74.4 74.4 74.4",
                open="..8. ..8. ..8. ..8.",
                tambourine="5364 5364 5364 5364",
            ),
        ),
        Groove(
            soft=play(
                kick="9... 9... 9... 9...",
                rim=".... 6... .... 6...",
                hat="5353 5353 5353 5353",
            ),
            main=play(
                kick="9... 9... 9... 9...",
                snare=".... 8... ...g 8...",
                hat="7473 7473 7473 74..",
                open=".... .... .... ..7.",
            ),
            loud=play(
                kick="9... 9... 9..o 9...",
                snare=".... 9... .... 9..5",
                hat="7473 74.. 7473 74..",
                open=".... ..8. .... ..8.",
                bell="7..7 ..7. .7.. 7.7.",
            ),
        ),
    ),
    fills=("around", "roll", "bark", "claps"),
    band=(
        Player(
            ("pick_bass", "synth_bass"),
            "bass",
            ("1.8. 1.8. 1.8. 1.8.", "1..8 ..1. 1.8. 5.7.", "1... ..81 ..5. 7.8a"),
            ("1.81 1.81 1.81 7.8a", "1.8. 1.8. 5.8. 7.8a"),
            levels="smlb",
            pitch=40,
        ),
        Player(
            ("chop_guitar",),
            "chords",
            ("m.7m m.m7 m.7m .7m.", "mm7. mm7. mm7. m7.7"),
            levels="ml",
            pitch=66,
            gain=-2.0,
        ),
        Player(
            ("electric_piano", "house_piano"),
            "chords",
            ("..7- ..7- ..7- ..7-", "7--7 --7- --.. 7-.."),
            levels="sml",
            pitch=60,
            gain=-1.0,
            share=0.8,
        ),
        Player(("strings",), "pad", levels="slbn", pitch=70, gain=-7.0),
        Player(
            ("brass",),
            "chords",
            ("=crash", ".... .... .... ..97"),
            ("9..7 ..9- .... ....", ".... .... 9.97 ..8-"),
            levels="l",
            pitch=68,
            gain=-2.0,
            share=0.7,
        ),
        Player(("saw_lead", "flute"), "lead", levels="ln", pitch=76, gain=-1.0, share=0.8),
    ),
    loose=2.5,
)

DEMBOW = StyleSheet(
    name="dembow",
    meter=4,
    steps=4,
    bpm=(92, 108),
    kits=("analogue", "sampler"),
    palette="street",
    grooves=(
        Groove(
            soft=play(kick="9... 9... 9... 9...", rim="...7 ..7. ...7 ..7."),
            main=play(
                kick="9... 9... 9... 9...",
                snare="...8 ..8. ...8 ..8.",
                hat="5.5. 5.5. 5.5. 5.5.",
            ),
            loud=play(
                kick="9... 9... 9... 9...",
                snare="...9 ..9. ...9 ..9.",
                clap=".... ..8. .... ..8.",
                hat="6.64 6.6. 6.64 6.r.",
                shaker="5353 5353 5353 5353",
            ),
        ),
        Groove(
            soft=play(kick="9... ..7. 9... ..7.", hat="6.6. 6.6. 6.6. 6.6."),
            main=play(
                kick="9... 8..7 9... 8..7",
                snare="...8 ..7. ...8 ..9.",
                tom_high=".... .... .... ...5",
                shaker="6353 6353 6353 6353",
            ),
            loud=play(
                kick="9... 8..7 9... 8..7",
                snare="...8 ..7. ...8 ..9.",
                tom_high="..5. ...5 ..5. ...6",
                tom_low=".... 6... .... 6...",
                hat="6.6t 6.6. 6.6. 6.rr",
            ),
        ),
    ),
    fills=("machine", "claps", "cut", "around"),
    band=(
        Player(
            ("sub_bass", "synth_bass"),
            "bass",
            ("1--1 --1- 1--1 --5-", "1--. ..1- 1--. ..8-"),
            levels="mlb",
            pitch=36,
        ),
        Player(
            ("pluck_synth", "nylon"),
            "chords",
            ("7..7 ..7. 7..7 ..7.", "...7 ..7. ...7 ..7."),
            levels="sml",
            pitch=64,
        ),
        Player(
            ("marimba", "pluck_synth"),
            "arp",
            ("8..7 ..6. .7.. 6.7.", "8.7. 6.8. 7.6. 7.5."),
            levels="lbn",
            pitch=74,
            gain=-3.0,
        ),
        Player(("choir", "strings"), "pad", levels="sbn", pitch=62, gain=-7.0),
        Player(("brass",), "chords", ("=crash",), levels="ml", pitch=62, gain=-1.0, share=0.6),
        Player(("saw_lead", "reed"), "lead", levels="ml", pitch=70, share=0.7),
    ),
    loose=1.0,
    offbeat=0.55,
)

WALTZ = StyleSheet(
    name="waltz",
    meter=3,
    steps=4,
    bpm=(86, 136),
    kits=("jazz", "dry", "maple"),
    palette="ballroom",
    grooves=(
        Groove(
            soft=play(kick="8... .... ....", rim=".... 5... 5..."),
            main=play(
                kick="9... .... ....  9... .... ..o.",
                snare=".... 6... 6...  .... 6... 6.g.",
                hat="7... 5... 5...  7... 5.4. 5...",
            ),
            loud=play(
                kick="9... .... ....  9... .... ..7.",
                snare=".... 8... 7...  .... 8... 7.55",
                open="8... .... ....  8... .... ....",
                hat=".... 7.5. 7.5.  .... 7.5. 7.5.",
            ),
        ),
        Groove(
            soft=play(kick="8... .... ....", ride="7... 6.5. 6..."),
            main=play(
                kick="9... .... 7...  9... ..o. ....",
                snare=".... .... 8...  .... .... 8...",
                hat="7.5. 7.5. 7.5.  7.5. 7.5. 7.5.",
            ),
            loud=play(
                kick="9... ..7. ....  9... ..7. ....",
                snare=".... .... 9...  .... .... 9..5",
                ride="8.6. 8.6. 8.6.  8.6. 8.6. 8.6.",
                tambourine=".... 6... 6...  .... 6... 6...",
            ),
        ),
    ),
    fills=("around", "roll"),
    band=(
        Player(
            ("upright", "finger_bass"),
            "bass",
            ("1--- .... ....  4--- .... ....", "1--- ---- ..5.  4--- ---- a---"),
            levels="smlb",
            pitch=40,
        ),
        Player(
            ("accordion", "steel_guitar", "house_piano"),
            "chords",
            (".... 8... 7...", ".... 7-.. 7-..", ".... 8.6. 7..."),
            pitch=62,
        ),
        Player(
            ("nylon", "house_piano", "vibes"),
            "arp",
            ("7.6. 6.6. 6.6.", "7... 6.6. 6.5."),
            levels="ln",
            pitch=69,
            gain=-3.0,
        ),
        Player(("strings",), "pad", levels="ln", pitch=66, gain=-8.0, share=0.6),
        Player(("accordion", "flute", "reed"), "lead", levels="sml", pitch=74),
    ),
    drift=0.025,
    loose=7.0,
    offbeat=0.2,
)

JAZZ_WALTZ = StyleSheet(
    name="jazz waltz",
    meter=3,
    steps=3,
    bpm=(122, 168),
    kits=("jazz",),
    palette="modal",
    grooves=(
        Groove(
            soft=play(ride="8.. 7.. 7..", pedal="... 6.. ..."),
            main=play(
                kick="7.. ... ..o  6.. ..6 ...",
                snare="... ..g ...  ... .g. 5..",
                ride="8.. 8.6 7..  8.. 8.6 7.5",
                pedal="... 6.. ...  ... 6.. ...",
            ),
            loud=play(
                kick="9.. ..7 ...  8.. ... 7..",
                snare="..g 7.. ..5  ... ..7 ..4",
                ride="9.. 9.7 8.7  9.. 9.7 8.7",
                pedal="... 7.. 7..  ... 7.. 7..",
            ),
        ),
        Groove(
            soft=play(hat="7.. 6.5 6..", rim="... ... 6.."),
            main=play(
                kick="8.. ..6 ...  ..6 ... ...",
                rim="... ... 7..  ... 7.. ...",
                ride="8.. 7.6 7.6  8.. 7.6 7.6",
            ),
            loud=play(
                kick="9.. ... 7.o  ..7 ... ...",
                snare="... 6.g 7..  ..5 ... 7.5",
                ride="9.. 8.7 8.7  9.. 8.7 8.7",
                pedal="... 6.. ...  ... 6.. ...",
                tom_mid="... ... ...  ... ..5 ...",
            ),
        ),
    ),
    fills=("triplets", "around", "kicks"),
    band=(
        Player(("upright",), "walk", levels="smlb", pitch=43, gain=1.0),
        Player(
            ("electric_piano", "house_piano", "vibes"),
            "chords",
            ("8-. ..7 -..", "..7 -.. ..6", "7-- --. ...", "... ..7 -.."),
            pitch=62,
        ),
        Player(("nylon", "vibes"), "arp", ("7.. 6.. 6.5",), levels="n", pitch=67, share=0.7),
        Player(("reed", "flute", "vibes"), "lead", levels="sml", pitch=72),
    ),
    drift=0.015,
    loose=6.0,
    offbeat=0.5,
)

DANCE = (DISCO, DEMBOW, WALTZ, JAZZ_WALTZ)
