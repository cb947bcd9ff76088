"""Formats of drum kits, one module each.

A module has `TITLE`, `opens(path)`, whether a file or folder is of the format, and
`build(path, rate, program)`, which returns a `PlayableKit`.
"""

from pathlib import Path

from jukedrummer.errors import UserError
from jukedrummer.kits.kit import PlayableKit
from jukedrummer.registry import Registry

KIT_FORMATS = Registry("kit format", "jukedrummer.kits.formats")


def load_kit(path: Path, rate: int, program: int = 0) -> PlayableKit:
    """Load a drum kit.

    Args:
        path: a soundfont (.sf2, .sf3), an SFZ file, or a kit of Hydrogen: its folder, its
            drumkit.xml or a .h2drumkit file.
        rate: samples a second of the sound.
        program: which kit of a soundfont, 0 to 127; 0 is the standard kit, and the only one in the
            other formats.

    Raises:
        UserError: the kit is missing, broken, of another format, or lacks a piece that nothing can
            replace; or there is no such program.
    """
    if not path.exists():
        raise UserError(f"{path}: no such file or folder; expected a drum kit")
    for module in KIT_FORMATS:
        if module.opens(path):
            kit: PlayableKit = module.build(path, rate, program)
            return kit
    titles = "; ".join(module.TITLE for module in KIT_FORMATS)
    raise UserError(f"{path}: is not a drum kit of a known format; the formats are: {titles}")


def check_only_kit(path: Path, program: int) -> None:
    """Check that no program is chosen where a format has one kit only.

    Raises:
        UserError: the program is not 0.
    """
    if program:
        raise UserError(f"{path}: has one kit, so there is no program {program}; leave it out")
