"""Styles of producers: jungle, trap, dusty beats."""

from jukedrummer.corpus.second_composer.style import Groove, Player, StyleSheet, play

JUNGLE = StyleSheet(
    name="jungle",
    meter=4,
    steps=4,
    bpm=(162, 177),
    kits=("sampler", "dry"),
    palette="electric",
    grooves=(
        Groove(
            soft=play(
                kick="9... .... ..9. ....",
                rim=".... 7... .... 7...",
                ride="7.5. 7.5. 7.5. 7.5.",
            ),
            main=play(
                kick="9.8. .... ..89 ....  9.8. .... ..9. ....",
                snare=".... 9..5 .6.. 9..5  .... 9..5 .6.. ..9.",
                hat="7.6. 7.6. 7.6. 7.6.  7.6. 7.6. 7.6. 7.6.",
            ),
            loud=play(
                kick="9.8. .... ..89 ....  9.8. ..o. ..9. ....",
                snare=".... 9..5 .6.4 9..5  .... 9..5 .6.. .59r",
                ride="8.7. 8.7. 8.7. 8.7.  8.7. 8.7. 8.7. 8.7.",
                crash=".... .... .... ....  .... .... .... ..7.",
            ),
        ),
        Groove(
            soft=play(
                kick="9... .... ..8. ....",
                hat="6.6. 6.6. 6.6. 6.6.",
                shaker="5355 5355 5355 5355",
            ),
            main=play(
                kick="9... .... ..9. ....",
                snare=".... 9..g .g.. 9.g.",
                hat="7.57 7.57 7.57 7.57",
            ),
            loud=play(
                kick="9... ..o. ..9. ....",
                snare=".... 9..3 .3.. 9.3g",
                hat="7.57 .557 7.57 .55.",
                open=".... 7... .... 7.7.",
                ride="7.7. 7.7. 7.7. 7.7.",
            ),
        ),
    ),
    fills=("chopped", "roll", "cut"),
    band=(
        Player(
            ("reese", "sub_bass"),
            "bass",
            ("1--- --.. ..1- ----", "1--- .... 1--1 --7-", "1--. ..8- --.. 5---"),
            levels="mlb",
            pitch=34,
        ),
        Player(("strings", "choir", "warm_pad"), "pad", pitch=64, gain=-5.0),
        Player(
            ("electric_piano", "house_piano"),
            "chords",
            ("8-.. .... ..7. ....", "..8. .... .7.. ....", "8..7 ..7. .... ...."),
            ("8..7 ..7. .8.. 7...",),
            levels="smln",
            pitch=62,
        ),
        Player(
            ("pluck_synth", "bell_keys"),
            "arp",
            ("6.5. 7.5. 6.5. 7.5.", "7..6 ..5. 7..6 ..5."),
            levels="slb",
            pitch=74,
            gain=-4.0,
            share=0.7,
        ),
        Player(("saw_lead", "flute"), "lead", levels="ln", pitch=74, gain=-2.0, share=0.6),
    ),
    loose=1.5,
)

TRAP = StyleSheet(
    name="trap",
    meter=4,
    steps=4,
    bpm=(130, 150),
    kits=("analogue",),
    palette="dark",
    grooves=(
        Groove(
            soft=play(kick="9... .... .... ....", hat="7.7. 7.7. 7.7. 7.7."),
            main=play(
                kick="9... ...8 ..8. ....  9... ..8. .... ...8",
                clap=".... .... 9... ....  .... .... 9... ....",
                hat="8.6. 8.6. 8.6. 8.6r  8.6. 8.6. 8.6. 8trr",
            ),
            loud=play(
                kick="9... ...8 ..8. ..o.  9..8 ..8. .... ..88",
                snare=".... .... 9... ....  .... .... 9... ....",
                clap=".... .... 9... ....  .... .... 9... ..6.",
                hat="8.6. 8r6. 8.6. 8.tt  8.6. 8.rr 8.6. 8tr.",
                open=".... .... .... ....  .... .... ...7 ....",
            ),
        ),
        Groove(
            soft=play(rim=".... .... 7... ....", hat="7.5. 7.5. 7.5. 7.5."),
            main=play(
                kick="9..8 .... .8.. ..8.",
                snare=".... .... 9... ....",
                hat="7.57 7.57 7.57 7.tr",
            ),
            loud=play(
                kick="9..8 ..o. .8.. 8.8.",
                snare=".... .... 9... ...g",
                clap=".... .... 9... ....",
                hat="7.57 7rr7 7.57 7.tr",
                shaker="..6. ..6. ..6. ..6.",
            ),
        ),
    ),
    fills=("machine", "cut", "claps"),
    band=(
        Player(("sub_bass",), "bass", ("=kick",), levels="mlb", pitch=33, gain=1.5),
        Player(
            ("bell_keys", "pluck_synth"),
            "arp",
            ("8... 7... 7... 6...", "8.7. ..7. 8.6. ..7.", "8..7 ..7. 8... 7..."),
            pitch=72,
        ),
        Player(("choir", "strings", "warm_pad"), "pad", levels="slbn", pitch=60, gain=-6.0),
        Player(
            ("brass", "house_piano"),
            "chords",
            ("9... .... .... ....", "9..7 .... .... ...."),
            levels="l",
            pitch=55,
            gain=-1.0,
            share=0.6,
        ),
        Player(("flute", "saw_lead"), "lead", levels="mln", pitch=72, share=0.7),
    ),
    swing=(0.0, 0.12),
    loose=0.5,
    offbeat=0.3,
)

DUSTY = StyleSheet(
    name="dusty beat",
    meter=4,
    steps=4,
    bpm=(80, 98),
    kits=("sampler", "dry"),
    palette="dusty",
    grooves=(
        Groove(
            soft=play(
                kick="9... .... ..8. ....",
                rim=".... 7... .... 7...",
                hat="6.4. 6.4. 6.4. 6.4.",
            ),
            main=play(
                kick="9..o ...7 ..9. ....  9... ..7. .79. ..o.",
                snare=".... 9..g .... 9...  .... 9... ...3 9..g",
                hat="7.5. 7.5. 7.53 7.5.  7.5. 7.5. 7.5. 7...",
                open=".... .... .... ....  .... .... .... ..6.",
            ),
            loud=play(
                kick="9..7 ...7 ..9. ....  9..7 ..7. .79. ..7.",
                snare=".... 9..3 .3.. 9..g  .... 9..g ...3 9..3",
                hat="7.54 7.5. 7.53 7.5.  7.5. 7.54 7.5. 7...",
                open=".... .... .... ....  .... .... .... ..7.",
                shaker="..5. ..5. ..5. ..5.  ..5. ..5. ..5. ..5.",
            ),
        ),
        Groove(
            soft=play(kick="9... .... 8... ....", hat="6.5. 6.5. 6.5. 6.5."),
            main=play(
                kick="9.7. .... .7.. ..7.",
                snare=".... 9... .g.. 9..g",
                hat="7555 7.55 7555 7.5.",
            ),
            loud=play(
                kick="9.7. ...o .77. ..7.",
                snare=".... 9... .g.. 9..3",
                ride="7.5. 7.5. 7.5. 7.5.",
                tambourine=".... 7... .... 7...",
            ),
        ),
    ),
    fills=("chopped", "cut", "kicks"),
    band=(
        Player(
            ("upright", "finger_bass"),
            "bass",
            ("1--. ..51 --.. ..7a", "1-.. ..8. 7.5. ..a.", "1--1 ...5 ..6- ...."),
            levels="smlb",
            pitch=40,
        ),
        Player(
            ("electric_piano", "vibes"),
            "chords",
            ("7--- --.. ..6- --..", "7--. ..6- ---- ....", "..7- --.. ..6- --.."),
            pitch=60,
        ),
        Player(
            ("nylon", "steel_guitar"),
            "arp",
            ("6..5 ..6. ..5. 5...", "..6. 5..5 ..6. .5.."),
            levels="mln",
            pitch=66,
            gain=-3.0,
            share=0.7,
        ),
        Player(
            ("brass", "reed"), "chords", ("=snare",), levels="l", pitch=67, gain=-5.0, share=0.5
        ),
        Player(("flute", "reed", "vibes"), "lead", levels="ln", pitch=74, gain=-1.0, share=0.8),
    ),
    swing=(0.12, 0.34),
    drift=0.006,
    loose=6.0,
    offbeat=0.5,
)

PRODUCED = (JUNGLE, TRAP, DUSTY)
