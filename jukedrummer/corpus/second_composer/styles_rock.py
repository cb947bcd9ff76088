"""Styles with loud guitars: punk, gallop, five in a bar."""

from jukedrummer.corpus.second_composer.style import Groove, Player, StyleSheet, play

PUNK = StyleSheet(
    name="punk",
    meter=4,
    steps=4,
    bpm=(164, 188),
    kits=("maple", "arena"),
    palette="three_chords",
    grooves=(
        Groove(
            soft=play(
                kick="9... .... 9... ....",
                tom_low="7.6. 8.6. 7.6. 8.6.",
                snare=".... .... .... ..g.",
            ),
            main=play(
                kick="9... .... 9.9. ....",
                snare=".... 9... .... 9...",
                hat="9.6. 9.6. 9.6. 9.6.",
            ),
            loud=play(
                kick="9... ..o. 9.9. ....",
                snare=".... 9... .... 9...",
                crash="8... 7... 8... 7...",
            ),
        ),
        Groove(
            soft=play(hat="8... 8... 8... 8...", kick="9... .... .... ...."),
            main=play(
                kick="9..9 ..9. 9..9 ..9.",
                snare=".... 9... .... 9...",
                open="8.7. 8.7. 8.7. 8.7.",
            ),
            loud=play(
                kick="9..9 ..9. 9..9 ..9.",
                snare=".... 9... .... 9..5",
                ride="9.8. 9.8. 9.8. 9.8.",
            ),
        ),
    ),
    fills=("around", "roll", "kicks"),
    band=(
        Player(
            ("pick_bass",),
            "bass",
            ("1.1. 1.1. 1.1. 1.1.", "1.1. 1.1. 1.1. 5.a."),
            pitch=38,
        ),
        Player(
            ("fuzz_guitar",),
            "power",
            ("8.6. 8.6. 8.6. 8.6.", "9--- .... 8.8. 8...", "9-.. 8.8. ..8. 8.8."),
            ("9--- ---- 9.8. 9.8.", "9.8. 9.8. 9.8. 9.8."),
            levels="mlb",
            pitch=48,
        ),
        Player(
            ("fuzz_guitar", "crunch_guitar"),
            "power",
            ("8--- ---- ---- ----", "=kick"),
            levels="sl",
            pitch=55,
            gain=-3.0,
        ),
        Player(
            ("crunch_guitar", "organ"),
            "riff",
            ("5.5. 4.4. 3.3. 2.2.", "8.7. 8.5. ..5. 3.2."),
            levels="ln",
            pitch=67,
            gain=-3.0,
            share=0.7,
        ),
        Player(("saw_lead", "reed"), "lead", levels="m", pitch=69, gain=-1.0, share=0.7),
    ),
    drift=0.015,
    loose=5.0,
    offbeat=0.25,
)

GALLOP = StyleSheet(
    name="gallop",
    meter=4,
    steps=4,
    bpm=(116, 148),
    kits=("arena",),
    palette="iron",
    grooves=(
        Groove(
            soft=play(kick="9... .... 9... ....", ride="7... 7... 7... 7..."),
            main=play(
                kick="9.77 9.77 9.77 9.77",
                snare=".... 9... .... 9...",
                hat="8... 8... 8... 8...",
            ),
            loud=play(
                kick="9.77 .977 9.77 .977",
                snare=".... 9... .... 9...",
                crash="8... 7... 8... 7...",
            ),
        ),
        Groove(
            soft=play(
                kick="9... .... ..9. ....",
                tom_low="..7. ..7. .... ..77",
                tom_mid=".... .... ..7. ....",
                snare=".... 9... .... ....",
            ),
            main=play(
                kick="9.9. ..9. 9.9. .99.",
                snare=".... 9... .... 9...",
                ride="8.7. 8.7. 8.7. 8.7.",
            ),
            loud=play(
                kick="9777 9777 9777 9777",
                snare=".... 9... .... 9...",
                ride="8... 8... 8... 8...",
                open="..7. ..7. ..7. ..7.",
            ),
        ),
    ),
    fills=("around", "kicks", "roll"),
    band=(
        Player(("pick_bass",), "bass", ("=kick", "1.11 1.11 1.11 1.11"), pitch=35),
        Player(
            ("fuzz_guitar",),
            "power",
            ("m.mm m.mm m.mm 8--.", "8.mm 8.mm m.mm 8.8.", "=kick"),
            ("9.mm 9.mm 9--- 8-8-", "9--- --8- 9--- 8-8-"),
            levels="mlb",
            pitch=42,
        ),
        Player(
            ("fuzz_guitar", "crunch_guitar"),
            "riff",
            ("1-5- 4-5- 8-7- 5-4-", "8.78 5.45 3.43 1.21", "5--- 4-3- 2--- 1---"),
            levels="ln",
            pitch=64,
            gain=-4.0,
            share=0.8,
        ),
        Player(("steel_guitar",), "arp", ("7.6. 6.6. 7.6. 6.6.",), levels="sn", pitch=60),
        Player(("choir", "strings"), "pad", levels="sn", pitch=60, gain=-8.0, share=0.6),
        Player(("saw_lead",), "lead", levels="m", pitch=72, share=0.5),
    ),
    drift=0.005,
    loose=2.5,
    offbeat=0.2,
)

FIVE = StyleSheet(
    name="five",
    meter=5,
    steps=4,
    bpm=(122, 164),
    kits=("maple", "arena", "jazz"),
    palette="limping",
    grooves=(
        Groove(
            soft=play(
                kick="9... .... .... 7... ....",
                rim=".... .... 7... .... 7...",
                ride="7... 6... 6... 7... 6...",
            ),
            main=play(
                kick="9... ..7. .... 9... ....",
                snare=".... .... 9... .... 9...",
                hat="8.6. 7.6. 7.6. 8.6. 7.6.",
            ),
            loud=play(
                kick="9... ..7. ..o. 9.7. ....",
                snare=".... g... 9..g .... 9..5",
                ride="9.6. 8.6. 8.6. 9.6. 8.6.",
            ),
        ),
        Groove(
            soft=play(kick="9... .... .... 9... ....", tom_low=".... 6.6. 7... .... 6.7."),
            main=play(
                kick="9..7 .... ..7. 9... ....",
                snare=".... 9... .... .... 9...",
                hat="8.5. 8.5. 8.5. 8.5. 8.5.",
            ),
            loud=play(
                kick="9..7 .... ..7. 9..7 ....",
                snare=".... 9..g .g.. .... 9..g",
                open="8... 8... 8... 8... 8...",
            ),
        ),
    ),
    fills=("around", "chopped", "roll", "kicks"),
    band=(
        Player(
            ("pick_bass", "finger_bass"),
            "bass",
            ("1... ..1. 5... 8... 7.5.", "1..1 ..5. .... 8-.. 5.a.", "1--- ..5. 1... 7--- 5.a."),
            pitch=40,
        ),
        Player(
            ("electric_piano", "organ", "crunch_guitar"),
            "chords",
            ("8--. ..7. .... 8--. ....", "8... ..7. 7... 8... 7...", "..7. ..7. ..7. 8--. ...."),
            pitch=60,
        ),
        Player(
            ("steel_guitar", "crunch_guitar"),
            "riff",
            ("1.3. 4.5. 3... 7.5. 4.3.", "5... 4.3. 1... 8--- 7.5."),
            levels="ln",
            pitch=64,
            gain=-2.0,
        ),
        Player(("strings", "warm_pad"), "pad", levels="lbn", pitch=68, gain=-4.0, share=0.6),
        Player(("flute", "reed", "saw_lead"), "lead", levels="ml", pitch=72, share=0.8),
    ),
    drift=0.008,
    rides=True,
    offbeat=0.35,
)

ROCK = (PUNK, GALLOP, FIVE)
