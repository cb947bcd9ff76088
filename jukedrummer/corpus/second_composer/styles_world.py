"""Styles around a clave or a bell: afrobeat, samba, son."""

from jukedrummer.corpus.second_composer.style import Groove, Player, StyleSheet, play

AFROBEAT = StyleSheet(
    name="afrobeat",
    meter=4,
    steps=4,
    bpm=(100, 122),
    kits=("maple", "jazz", "dry"),
    palette="vamp",
    grooves=(
        Groove(
            soft=play(
                shaker="6363 6363 6363 6363",
                rim="7..7 ..7. ..7. 7...",
                kick="8... .... ..7. ....",
            ),
            main=play(
                kick="9..7 .... ..8. ..7.",
                snare="..3. .7.3 ...3 8..3",
                hat="6.57 6.57 6.57 6.57",
                shaker="5353 5353 5353 5353",
            ),
            loud=play(
                kick="9..7 ..o. ..8. ..7.",
                snare="..3. .8.3 .3.3 8.33",
                hat="6.5. 6.57 6.5. 6.57",
                open="...6 .... ...6 ....",
                bell="8..8 ..8. ..8. 8...",
            ),
        ),
        Groove(
            soft=play(bell="7.7. 7.77 .7.7 .7.7", kick="8... 8... 8... 8..."),
            main=play(
                kick="9... 7..o 8... 7.7.",
                snare="...3 ..7. ..3. .7..",
                ride="8.58 8.58 8.58 8.58",
            ),
            loud=play(
                kick="9..o 7... 8..7 7.7.",
                snare=".g.3 ..8. .g3. .8.3",
                ride="8.58 8.58 8.58 8.58",
                tom_low=".... ...6 .... ....",
                shaker="6363 6363 6363 6363",
            ),
        ),
    ),
    fills=("chopped", "kicks", "around"),
    band=(
        Player(
            ("finger_bass", "pick_bass"),
            "bass",
            ("1..1 ..5. .7.. 8.7.", "1-.1 ..1. 5..5 ..a.", ".1.1 ..3. 5.7. 8..."),
            levels="smlb",
            pitch=39,
        ),
        Player(
            ("steel_guitar", "chop_guitar"),
            "riff",
            ("5.3. 5.6. .3.5 6.5.", "8.78 .5.7 .5.3 .5..", "1..3 ..5. 6..5 ..3."),
            pitch=60,
            gain=-1.0,
        ),
        Player(
            ("chop_guitar",),
            "chords",
            ("..m7 ..m7 ..m7 ..m7", "7.m. .7m. 7.m. .7m."),
            levels="ml",
            pitch=67,
            gain=-3.0,
        ),
        Player(
            ("organ", "electric_piano"),
            "chords",
            ("..7. ..7. ..7. ..7.", "7--- .... .7.7 ...."),
            levels="mln",
            pitch=62,
            gain=-2.0,
        ),
        Player(
            ("brass",),
            "riff",
            ("8--. ..7. 8... ....", "5.5. ..7. 8-8. ...."),
            levels="l",
            pitch=66,
        ),
        Player(("reed",), "lead", levels="mn", pitch=68, share=0.7),
    ),
    drift=0.008,
    loose=5.0,
    offbeat=0.6,
)

SAMBA = StyleSheet(
    name="samba",
    meter=4,
    steps=4,
    bpm=(98, 116),
    kits=("maple", "jazz"),
    palette="carnival",
    grooves=(
        Groove(
            soft=play(
                shaker="7446 7446 7446 7446",
                rim="7.7. 7..7 .7.. 7.7.",
                kick="5... 8... 5... 8...",
            ),
            main=play(
                kick="6..5 9..5 6..5 9..5",
                rim="7.7. 7..7 .7.7 ..7.",
                hat="7556 7556 7556 7556",
                tambourine="6..5 6..5 6..5 6..5",
            ),
            loud=play(
                kick="6..6 9..6 6..6 9..6",
                snare="5335 3353 5335 3537",
                shaker="8556 8556 8556 8556",
                bell="8.8. 8.88 .8.8 .8.8",
                tom_low=".... 8... .... 8...",
            ),
        ),
        Groove(
            soft=play(hat="6446 6446 6446 6446", rim="7..7 ..7. ..7. .7.."),
            main=play(
                kick="7..6 7..6 7..6 7..6",
                rim="8..8 ..8. ..8. .8..",
                ride="7.67 7.67 7.67 7.67",
                pedal=".... 5... .... 5...",
            ),
            loud=play(
                kick="8..6 9..6 8..6 9..6",
                snare="4.4. 84.4 .44. 84.4",
                ride="8.78 8.78 8.78 8.78",
                shaker="6446 6446 6446 6446",
            ),
        ),
    ),
    fills=("roll", "chopped", "around"),
    band=(
        Player(
            ("upright", "finger_bass"),
            "bass",
            ("1--5 4--1 1--5 4--a", "1--- 4-.. 1--5 4-.a", "1--1 5--5 1--1 5--a"),
            levels="smlb",
            pitch=40,
        ),
        Player(
            ("nylon",),
            "chords",
            ("7..7 ..7. .7.7 ..7.", "7.7. .7.7 ..7. 7.7."),
            pitch=60,
        ),
        Player(
            ("electric_piano", "accordion"),
            "chords",
            ("..7- -... .7-- ....", "7-.. ..7- --.. 7-.."),
            levels="ml",
            pitch=64,
            gain=-3.0,
            share=0.7,
        ),
        Player(
            ("brass",), "chords", ("=crash", "9.9. ..9. .... ...."), levels="l", pitch=68, share=0.5
        ),
        Player(("flute", "vibes"), "lead", levels="smln", pitch=76),
    ),
    drift=0.012,
    loose=4.0,
    offbeat=0.6,
)

SON = StyleSheet(
    name="son",
    meter=4,
    steps=4,
    bpm=(94, 112),
    kits=("maple", "dry"),
    palette="street",
    grooves=(
        Groove(
            soft=play(rim="8..8 ..8. ..8. 8...", shaker="7.57 7.57 7.57 7.57"),
            main=play(
                rim="8..8 ..8. ..8. 8...",
                bell="8... 8.6. 8... 8.66",
                kick="...7 ..6. ...7 ..6.",
                tom_high=".... ..66 .... ..66",
                tom_low=".... .... .... 6...",
            ),
            loud=play(
                rim="8..8 ..8. ..8. 8...",
                ride="8.8. 8.88 .8.8 8.8.",
                kick="...8 ..7. ...8 ..7.",
                snare=".... ..4. .... 7...",
                tom_high=".... ..77 .... ..77",
                shaker="6.46 6.46 6.46 6.46",
            ),
        ),
        Groove(
            soft=play(rim="..8. 8... 8..8 ..8.", hat="6.5. 6.5. 6.5. 6.5."),
            main=play(
                rim="..8. 8... 8..8 ..8.",
                hat="7.54 7.54 7.54 7.54",
                kick="8... ..7. ...7 ....",
                tom_mid=".... ..66 .... ..66",
            ),
            loud=play(
                rim="..8. 8... 8..8 ..8.",
                bell="8.6. 8.66 8.6. 8.66",
                kick="8..7 ..7. ...7 ..7.",
                tom_mid=".... ..77 .... ..77",
                tom_low="..6. .... ..6. 6...",
            ),
        ),
    ),
    fills=("around", "chopped", "roll"),
    band=(
        Player(
            ("upright", "finger_bass"),
            "bass",
            ("...5 ..8- ...5 ..a-", "1-.5 ..8- --.5 ..a-"),
            ("...5 ..8- --.5 ..a-",),
            levels="smlb",
            pitch=40,
            gain=1.0,
        ),
        Player(
            ("house_piano",),
            "arp",
            ("8.77 .7.7 .77. 7.7.", "8..7 .77. 7.7. 77.7", "87.7 .77. 7.77 .7.7"),
            levels="mlbn",
            pitch=66,
        ),
        Player(
            ("nylon",),
            "chords",
            ("7.7. 7.7. 7.7. 7.7.", "..7. ..7. ..7. ..7."),
            levels="sm",
            pitch=62,
        ),
        Player(
            ("brass",),
            "chords",
            ("9... .... .... ....", "=crash"),
            ("...9 ..9. .... ....", "9..9 ..9. ..9. 9---"),
            levels="l",
            pitch=67,
            share=0.8,
        ),
        Player(("flute", "reed", "nylon"), "lead", levels="sm", pitch=74, share=0.9),
    ),
    drift=0.01,
    loose=5.0,
    offbeat=0.65,
)

WORLD = (AFROBEAT, SAMBA, SON)
