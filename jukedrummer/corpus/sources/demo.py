"""The demo: composed and rendered songs, which need no data set."""

from pathlib import Path
from typing import Literal

from jukedrummer.config import CorpusConfig, key
from jukedrummer.corpus.manifest import Song
from jukedrummer.errors import UserError
from jukedrummer.storage.files import sha256

FINGERPRINT = "corpus.json"
DEFAULT_LICENCE = "MIT (composition); GPL-2.0 (TimGM6mb soundfont)"


class DemoConfig(CorpusConfig):
    """Songs that the package composes and renders."""

    kind: Literal["demo"] = "demo"
    songs: int = key(144, "songs to compose", 4, 1_000_000)
    seconds: float = key(26.0, "least length of a song, seconds", 8, 600)
    seed: int = key(1, "the same seed gives the same bytes", 0, 2**31 - 1)
    soundfont: str | None = key(None, "a .sf2 file; null: the one inside pretty_midi")

    def check_machine(self, where: str) -> None:
        """Check that the soundfont exists."""
        if self.soundfont is not None and not Path(self.soundfont).is_file():
            raise UserError(f"{where}.soundfont is {self.soundfont}: no such file")


def songs(folder: Path, config: DemoConfig, workers: int) -> list[Song]:
    """Compose and render the songs that are not yet in `folder`.

    Songs of an earlier run are kept if the settings and the soundfont have not changed. Otherwise
    they are removed.

    Args:
        folder: the songs' folder.
        config: number and length of the songs, seed, soundfont.
        workers: processes that render; at least 1.

    Returns:
        The rows of the manifest.

    Raises:
        UserError: the soundfont is missing or cannot be read, or `folder` cannot be written.
    """
    # Loads the synthesiser, which the config alone does not need.
    from jukedrummer.corpus.demo import VERSION, Job, make_songs, manifest_row
    from jukedrummer.corpus.demo.render import Band
    from jukedrummer.corpus.making import remove_other_songs
    from jukedrummer.corpus.render import default_soundfont

    config.check_machine("corpus")
    soundfont = Path(config.soundfont) if config.soundfont else default_soundfont()
    Band(soundfont)  # reports a bad soundfont here, before the workers start
    about = {"soundfont_sha256": sha256(soundfont), "licence": _licence(config)}
    jobs = [
        Job(index, split, folder, config.seed, config.seconds, soundfont, about)
        for index, split in enumerate(splits(config))
    ]
    made_with = {"version": VERSION, "seed": config.seed, "seconds": config.seconds, **about}
    present = [path for part in ("train", "test") for path in (folder / part).glob("*")]
    targets = {job.target for job in jobs}
    remove_other_songs(folder / FINGERPRINT, present, made_with, targets)
    make_songs([job for job in jobs if not job.target.exists()], workers)
    return [manifest_row(job) for job in jobs]


def splits(config: DemoConfig) -> list[str]:
    """The split of every song.

    The list for fewer songs is a prefix of the list for more. With four songs or more, each split
    has at least one.
    """
    chosen: list[str] = []
    for count in range(1, config.songs + 1):
        due = {
            split: 1 + int((count - 4) * share) for split, share in _shares(config) if count >= 3
        }
        late = [split for split, number in due.items() if chosen.count(split) < number]
        chosen.append(late[0] if late else "train")
    return chosen


def _shares(config: DemoConfig) -> tuple[tuple[str, float], ...]:
    return ("test", config.test_share), ("valid", config.valid_share)


def _licence(config: DemoConfig) -> str:
    if config.soundfont is None:
        return DEFAULT_LICENCE
    return f"MIT (composition); see the soundfont {Path(config.soundfont).name}"


Config = DemoConfig
