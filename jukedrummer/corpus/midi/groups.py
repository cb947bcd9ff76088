"""The stems, by General MIDI program, and the pieces of the drum kit that bars are found by."""

KICKS = frozenset((35, 36))
SNARES = frozenset((38, 39, 40))
CRASHES = frozenset((49, 52, 55, 57))
STEM_OF_FAMILY = ("keys", "keys", "keys", "guitar", "bass")
"""The stems of the first families of eight programs; all later programs are `other`."""
STEMS = ("bass", "keys", "guitar", "other")


def stem_of(program: int) -> str:
    """The stem of a program, counted from 0."""
    family = program // 8
    return STEM_OF_FAMILY[family] if family < len(STEM_OF_FAMILY) else "other"
