"""The second composer: songs in other styles, with other sounds than those of the demo."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

from jukedrummer.config import SourceConfig, key, require_file
from jukedrummer.corpus.song import SourceSong, Work
from jukedrummer.storage.files import sha256

COMPOSER_FINGERPRINT = "corpus.json"


class SecondComposerConfig(SourceConfig):
    """Songs of a second composer, played by a synthesiser."""

    may_repeat: ClassVar[bool] = False
    gives_scores: ClassVar[bool] = True
    kind: Literal["second_composer"] = "second_composer"
    split: Literal["artist", "away"] = key(
        "away", "away: nothing is trained on the songs; artist: draw the split"
    )
    songs: int = key(32, "songs to compose", 1, 1_000_000)
    seconds: float = key(26.0, "least length of a song, seconds", 8, 600)
    seed: int = key(1, "the same seed gives the same bytes", 0, 2**31 - 1)
    soundfont: str | None = key(None, "a .sf2 file; null: the package's own synthesiser")

    def check_machine(self, where: str) -> None:
        """Check that the soundfont exists."""
        if self.soundfont is not None:
            require_file(self.soundfont, f"{where}.soundfont")


def songs(config: SecondComposerConfig, work: Work) -> Iterator[SourceSong]:
    """Compose and render the songs that are not yet in the folder.

    A song depends on the seed and its number only. Songs of an earlier run are kept if the settings
    have not changed. Otherwise they are removed.

    Args:
        config: number and length of the songs, seed, soundfont.
        work: the songs' folder, and the worker processes.

    Raises:
        UserError: the soundfont is missing or cannot be read, or the folder cannot be written.
    """
    # Loads scipy and the soundfont player, which the config does not need.
    from jukedrummer.corpus.making import remove_other_songs, run_jobs
    from jukedrummer.corpus.second_composer import (
        COMPOSER_VERSION,
        ComposerJob,
        composed_song,
        make_song,
    )

    config.check_machine("corpus.sources")
    about = _about(config)
    soundfont = Path(config.soundfont) if config.soundfont else None
    jobs = [
        ComposerJob(index, work.folder, config.seed, config.seconds, soundfont, about)
        for index in range(config.songs)
    ]
    settings = {"version": COMPOSER_VERSION, "seed": config.seed, "seconds": config.seconds}
    present, targets = sorted(work.folder.glob("*/")), {job.target for job in jobs}
    remove_other_songs(work.folder / COMPOSER_FINGERPRINT, present, settings | about, targets)
    run_jobs(make_song, [job for job in jobs if not job.target.exists()], work.workers)
    return map(composed_song, jobs)


def _about(config: SecondComposerConfig) -> dict[str, str]:
    """Licence of the songs, and the soundfont, which is checked before the workers start."""
    from jukedrummer.corpus.demo.render import Band

    if config.soundfont is None:
        return {"licence": "MIT"}
    font = Path(config.soundfont)
    Band(font)
    return {
        "licence": f"MIT (composition); see the soundfont {font.name}",
        "soundfont_sha256": sha256(font),
    }


Config = SecondComposerConfig
