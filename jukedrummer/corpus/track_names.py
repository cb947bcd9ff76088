"""The role of a track of a multitrack recording, by its name, e.g. `07_Tom1Sample.wav`.

A name is divided into words: "ElecGtr1DT" is elec, gtr, 1, dt. So "bottom", "custom", "bride" and
"what" are not toms, rides or hats.
"""

import functools
import re
import unicodedata
from collections.abc import Sequence
from typing import Literal, NamedTuple

NameRole = Literal["drums", "room", "percussion", "other", "mixture", "click"]


class NameRule(NamedTuple):
    """A row of the table.

    Attributes:
        role: drums: a part of the kit. room: microphones of the room and overheads, which record
            the whole kit; in a song without a kit they record other instruments. percussion:
            percussion without a pitch that is not a part of the kit. other: all other tracks.
            mixture: all tracks together. click: no music.
        phrases: separated by commas. A phrase is one or more words that follow each other in the
            name. The singular also means the plural.
        why: reason for the row.
    """

    role: NameRole
    phrases: str
    why: str


NAME_RULES = (
    NameRule("percussion", "beatbox, beat box", "before voices: LeadVoxBeatbox"),
    NameRule(
        "other",
        "vox, vos, vocal, voc, voice, choir, singer, rap, speech, whisper, scream, gang",
        "voices, before drums: VoxRoom, VoxLoop, RideTheTrainVox",
    ),
    NameRule("other", "gtr, guitar", "before drums: ElecGtrLoop, GtrRoom"),
    NameRule("other", "steel drum, steel pan, tongue drum", "drums that play melodies"),
    NameRule(
        "percussion",
        "hand drum, frame drum, talking drum, war drum, finger cymbal, finger click, hand clap",
        "before drums, cymbals and clicks",
    ),
    NameRule(
        "drums",
        "kick, kickdrum, bass drum, bassdrum, bd, snare, snaredrum, snr, sn, sd, tom, tomtom, "
        "floor tom, hat, hihat, hh, cymbal, cymb, cym, ride, crash, china, splash, drum, drumkit, "
        "kit, drumset, drumloop, drum machine, rimshot, rim, sidestick, side stick, crossstick",
        "the kit, also samples and triggers: Kick02, Tom1Sample, SnareTrigger, DrumsRoom",
    ),
    NameRule("drums", "share down, dnare, tome, rde", "the kit, misspelt in the library"),
    NameRule(
        "percussion",
        "percussion, perc, tambourine, tamb, tambo, shaker, clap, handclap, snap, stomp, cowbell, "
        "woodblock, wood block, temple block, clave, maraca, cabasa, guiro, guira, triangle, "
        "castanet, conga, bongo, djembe, cajon, timbale, tabla, darbuka, doumbek, udu, bodhran, "
        "pandeiro, surdo, cuica, agogo, taiko, daiko, bombo, cununo, cunono, guasa, paliteo, gong, "
        "sleigh bell, sleighbell, bell tree, mark tree, chime, rainstick, vibraslap, ratchet, "
        "whip, rattle, anvil",
        "before loops: ShakerLoop, Loop3Percussion",
    ),
    NameRule("drums", "stick, brush, brushes, trigger", "the kit, if no other word matches"),
    NameRule(
        "other",
        "bass, sub, piano, rhodes, wurlitzer, organ, hammond, leslie, key, keyboard, clav, synth, "
        "pad, arp, lead, string, violin, viola, cello, fiddle, harp, brass, horn, trumpet, "
        "trombone, tuba, sax, saxophone, flute, clarinet, oboe, bassoon, accordion, harmonica, "
        "banjo, mandolin, ukulele, ukelele, dulcimer, sitar, vibe, vibraphone, marimba, xylophone, "
        "glockenspiel, glock, kalimba, bell, timpani, timp, noise, sfx, fx, spot, pair",
        "before rooms, loops and mixes: PianoRoom, SynthLoop, SFXLoop, StringsMix",
    ),
    NameRule(
        "drums",
        "loop, break, beat, fill, groove",
        "a drum machine; doubtful, because a loop may have other instruments too",
    ),
    NameRule(
        "room",
        "overhead, oh, o hs, room, ambience, ambient, amb, amo",
        "microphones without the name of an instrument",
    ),
    NameRule("click", "click, metronome, timecode, smpte", "it would give away the beats"),
    NameRule(
        "mixture",
        "mix, full mix, preview, master, mixdown, premaster, unmastered",
        "the whole song",
    ),
)
"""The first row that matches is used. A name that no row matches is other."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case and the singular.

    Words end where letters turn into digits, at signs, and before a capital letter that follows a
    small one. Accents are dropped. A number before the first word is left out.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = (word.lower() for word in _WORD.findall(re.sub(r"^[\d\W_]+", "", plain)))
    return tuple(
        word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word
        for word in words
    )


def name_role(name: str, more: Sequence[NameRule] = ()) -> NameRole:
    """The role of a track.

    Args:
        name: name of its file, without the suffix.
        more: rules that are used before `NAME_RULES`.
    """
    text = _as_text(name)
    for rule in (*more, *NAME_RULES):
        if any(phrase in text for phrase in _phrases(rule)):
            return rule.role
    return "other"


def _as_text(name: str) -> str:
    return f" {' '.join(words_of(name))} "


@functools.cache
def _phrases(rule: NameRule) -> tuple[str, ...]:
    texts = map(_as_text, rule.phrases.split(","))
    return tuple(text for text in texts if text.strip())
