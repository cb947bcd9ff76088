"""MIDI files: a rock song and a waltz in a subfolder, and a file that is cut off."""

from pathlib import Path

from tests.corpus.midi_files import GUITAR, band, drums, song_file, write_midi

BAR = 2.0  # seconds of four quarter notes


def make(root: Path, seconds: float = 10.0) -> Path:
    """Write two songs of about `seconds`, and a broken one, into the folder `root`."""
    bars = max(4, round(seconds / BAR))
    whole = song_file(root / "rock.mid", bars)
    write_midi(root / "Nobody/waltz.mid", drums(4 * bars, 3), band(4 * bars, 3, program=GUITAR))
    (root / "cut off.mid").write_bytes(whole.read_bytes()[:100])
    return root
