"""The demo: composed and rendered songs, which need no data set."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

from jukedrummer.config import CorpusConfig, SourceConfig, key
from jukedrummer.corpus.song import SourceSong, Work
from jukedrummer.errors import UserError
from jukedrummer.storage.files import sha256

FINGERPRINT = "corpus.json"
DEFAULT_LICENCE = "MIT (composition); GPL-2.0 (TimGM6mb soundfont)"


class DemoConfig(SourceConfig):
    """Songs that the package composes and renders."""

    may_repeat: ClassVar[bool] = False
    gives_scores: ClassVar[bool] = True
    kind: Literal["demo"] = "demo"
    split: Literal["artist", "official", "away"] = key(
        "official",
        "official: the test songs have tempi and chords of their own; artist: draw the split; "
        "away: all songs are for evaluation",
    )
    songs: int = key(144, "songs to compose", 4, 1_000_000)
    seconds: float = key(26.0, "least length of a song, seconds", 8, 600)
    seed: int = key(1, "the same seed gives the same bytes", 0, 2**31 - 1)
    soundfont: str | None = key(None, "a .sf2 file; null: the one inside pretty_midi")

    def check_machine(self, where: str) -> None:
        """Check that the soundfont exists."""
        if self.soundfont is not None and not Path(self.soundfont).is_file():
            raise UserError(f"{where}.soundfont is {self.soundfont}: no such file")


def songs(config: DemoConfig, work: Work) -> Iterator[SourceSong]:
    """Compose and render the songs that are not yet in the folder.

    Songs of an earlier run are kept if the settings and the soundfont have not changed. Otherwise
    they are removed.

    Args:
        config: number and length of the songs, seed, soundfont.
        work: the songs' folder, the worker processes, and the shares of the splits.

    Raises:
        UserError: the soundfont is missing or cannot be read, or the folder cannot be written.
    """
    # Loads the synthesiser, which the config alone does not need.
    from jukedrummer.corpus.demo import VERSION, Job, listed_song, make_songs
    from jukedrummer.corpus.demo.render import Band
    from jukedrummer.corpus.making import remove_other_songs
    from jukedrummer.corpus.render import default_soundfont

    config.check_machine("corpus.sources")
    soundfont = Path(config.soundfont) if config.soundfont else default_soundfont()
    Band(soundfont)  # reports a bad soundfont here, before the workers start
    about = {"soundfont_sha256": sha256(soundfont), "licence": _licence(config)}
    jobs = [
        Job(index, split, work.folder, config.seed, config.seconds, soundfont, about)
        for index, split in enumerate(splits(config.songs, work.corpus))
    ]
    made_with = {"version": VERSION, "seed": config.seed, "seconds": config.seconds, **about}
    present = [path for part in ("train", "test") for path in (work.folder / part).glob("*")]
    targets = {job.target for job in jobs}
    remove_other_songs(work.folder / FINGERPRINT, present, made_with, targets)
    make_songs([job for job in jobs if not job.target.exists()], work.workers)
    return map(listed_song, jobs)


def splits(songs: int, config: CorpusConfig) -> list[str]:
    """The split of every song.

    The list for fewer songs is a prefix of the list for more. With four songs or more, each split
    has at least one.
    """
    shares = ("test", config.test_share), ("valid", config.valid_share)
    chosen: list[str] = []
    for count in range(1, songs + 1):
        due = {split: 1 + int((count - 4) * share) for split, share in shares if count >= 3}
        late = [split for split, number in due.items() if chosen.count(split) < number]
        chosen.append(late[0] if late else "train")
    return chosen


def _licence(config: DemoConfig) -> str:
    if config.soundfont is None:
        return DEFAULT_LICENCE
    return f"MIT (composition); see the soundfont {Path(config.soundfont).name}"


Config = DemoConfig
