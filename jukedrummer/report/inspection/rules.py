"""Texts about the rules by which songs and clips are left out."""

from typing import NamedTuple


class RuleText(NamedTuple):
    """What a rule means, and what to do."""

    about: str
    advice: str


RULES = {
    "": RuleText("No rule is given.", "Read the reasons."),
    "artist": RuleText(
        "The song is of a source with split: away, but a song of another source has its artist.",
        "Nothing. Away songs are by artists that no model was trained on.",
    ),
    "bleed": RuleText(
        "The data set states that other stems may contain the drums.",
        "Nothing. Set bleed: keep if you accept drums in the drumless recordings.",
    ),
    "copy": RuleText("A folder of this name was found before.", "Rename it if it is another song."),
    "damaged": RuleText("The MIDI file is damaged.", "Download it again, or remove it."),
    "drums elsewhere": RuleText(
        "The MIDI file has drums on another channel than 10.", "Move them to channel 10."
    ),
    "duplicate": RuleText(
        "The recording is already in the corpus.",
        "Nothing. To use another copy, list its source first.",
    ),
    "errata": RuleText("The data set's authors name a fault.", "Get the corrected version."),
    "excerpt": RuleText("The whole song is in the data set too.", "Nothing."),
    "few drums": RuleText(
        "The drums are active in too few seconds of the song or clip.",
        "Nothing if the drums pause. Lower pairs.min_drums_share or clip.min_drums_share for "
        "sparse music.",
    ),
    "file name": RuleText("A file has a name that cannot be used.", "Rename the file."),
    "hidden drums": RuleText("A stem may contain drums and other instruments.", "Nothing."),
    "lengths": RuleText(
        "The stems end at different times.",
        "Was a file cut off? Copy or download it again. If a stem ends early on purpose, raise "
        "pairs.max_length_difference.",
    ),
    "metadata": RuleText(
        "The metadata of the song are missing or damaged.", "Download the metadata again."
    ),
    "MIDI type 2": RuleText(
        "The MIDI file holds several pieces, not tracks of one.", "Save it as type 0 or 1."
    ),
    "missing stem": RuleText(
        "A stem is missing.", "Was the data set moved, or unpacked in part? Unpack it again."
    ),
    "mixtures": RuleText("Several files of the song are mixtures.", "Keep one of them."),
    "no beats": RuleText("The MIDI file has fewer than two beats.", "Nothing."),
    "no drum stem": RuleText(
        "A mix was drawn for evaluation, but its drums would have to be separated.",
        "Nothing, or set corpus.hold_out_mixes.",
    ),
    "mma": RuleText(
        "The program MMA did not play a style file.", "Nothing. Other styles are used."
    ),
    "no drums": RuleText("The song has no drums.", "Nothing."),
    "no notes": RuleText("The MIDI file has no notes.", "Nothing."),
    "no separator": RuleText("The song is a mix, and no separator is set.", "Set pairs.separator."),
    "no stems": RuleText(
        "A file in the folder of songs is a recording without stems.",
        "Use a source of kind mixes for it.",
    ),
    "off the grid": RuleText(
        "The notes of the MIDI file are not on its beats.", "Nothing. It has no usable beats."
    ),
    "offset": RuleText(
        "The mixture shows that drums and other stems are shifted against each other.",
        "Align the stems, or remove the song.",
    ),
    "only drums": RuleText("The song has drums only.", "Nothing."),
    "packed": RuleText("An archive was not unpacked.", "Unpack it."),
    "quiet drumless": RuleText(
        "The drumless recording is silent in most of the clip.",
        "Nothing. Lower clip.min_drumless_share to keep drum solos.",
    ),
    "same song": RuleText(
        "The song is of a source with split: away, but a source of the same kind has it too.",
        "Nothing. Away songs are songs that no model was trained on.",
    ),
    "several songs": RuleText(
        "The folder has subfolders that may be songs.",
        "Put the folders of songs into the source's path, or into train, valid or test.",
    ),
    "short": RuleText(
        "The song fills too small a share of a clip.", "Lower clip.min_filled or clip.frames."
    ),
    "silent": RuleText("A recording is silent.", "Was the right track exported?"),
    "stems": RuleText("The files are stems, not whole recordings.", "Use the kind folder."),
    "too dense": RuleText("The MIDI file has too many notes at once.", "Nothing."),
    "too large": RuleText("The file is too large.", "Remove it, or divide it."),
    "too long": RuleText("The MIDI file has too many beats.", "Nothing."),
    "too short": RuleText("The song is shorter than pairs.min_seconds.", "Nothing, or lower it."),
    "track name": RuleText("The name of a track has no words.", "Rename the file."),
    "unreadable": RuleText("A file cannot be read.", "Copy, download or export it again."),
}
OTHER_RULE = RuleText("", "Read the reasons.")


def rule_text(rule: str) -> RuleText:
    """The text about a rule."""
    return RULES.get(rule, OTHER_RULE)
