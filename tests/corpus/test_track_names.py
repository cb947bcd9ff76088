"""What a track is by its name: words, not parts of words."""

import pytest

from jukedrummer.corpus.track_names import NAME_RULES, NameRule, name_role, words_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("07_Tom1Sample", "tom 1 sample"),
        ("25_ElecGtr1DT", "elec gtr 1 dt"),
        ("03-Overheads-130729_0912", "overhead 130729 0912"),
        ("HiHats", "hi hat"),
        ("17_Hand Claps", "hand clap"),
        ("BassDIMic", "bass di mic"),
        ("Brass", "brass"),
        ("Sänger", "sanger"),
        ("08-130624_1035", ""),
    ],
)
def test_words(name, words):
    assert " ".join(words_of(name)) == words


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (
            "drums",
            "01_Kick 02_KickIn KickTrigger Kick02_SFX SnareSample SnareBottom 05_HiHat Hihat "
            "Hi-Hat "
            "Hat04_808 Tom1 Toms FloorTom TomRim DrumsRoom1 Drumkit2_Overheads Ride RevCymbal "
            "ReverseCrash ChinaCymbal Drums2Conga DrumMachine DrumLoop Loop Loop1Drums MainLoop "
            "Break01 Fill Sticks Brushes Sidestick SnareMix BassDrum DRUMS ShareDown Rde2",
        ),
        ("room", "Overheads 06_Room RoomMono OH OHs Ambience Overheads_LiveRoom"),
        (
            "percussion",
            "Tambourine Shaker ShakerLoop1 Claps HandClap Loop3Percussion Cowbell Congas HandDrum1 "
            "FingerCymbals FingerClicks1 TambourineBrush Tambourine1Room Maracas VoxBeatbox",
        ),
        (
            "other",
            "Bottom Custom Bride What LeadVox1 VoxRoom RideTheTrainVox ElecGtrLoop SynthLoop2 "
            "PianoRoom Bass_LiveRoom SteelDrums Timpani Sample1 Hit StringsMix Atom Rhapsody "
            "Thatch Pair_OverheadORTF Crashing Beatles Looped Kitchen Untitled",
        ),
        ("mixture", "FullMix Mix Preview Full_Preview Master"),
        ("click", "Click ClickTrack Metronome"),
    ],
)
def test_roles(role, names):
    assert {name: name_role(name) for name in names.split()} == dict.fromkeys(names.split(), role)


def test_own_rules_come_first():
    own = (NameRule("other", "My Tom, loop", "test"), NameRule("drums", "sample", "test"))
    assert name_role("09_MyTom2", own) == "other"
    assert name_role("Loop1", own) == "other"
    assert name_role("Tom2", own) == "drums"
    assert name_role("Sample2", own) == "drums"


def test_no_phrase_of_the_table_is_empty_or_twice():
    phrases = [words_of(text) for rule in NAME_RULES for text in rule.phrases.split(",")]
    assert all(phrases)
    assert len(set(phrases)) == len(phrases)
