"""The demo corpus: songs that are composed and rendered here, so that the demo needs no data.

plan     style, tempo, form, chords          drums    the drummer's hits
styles   what each style plays, as text      band     everyone else's notes
harmony  chords and progressions             render   notes to sound
score    notes, hits, text grids             write    a song's folder
"""

import multiprocessing
import os
import shutil
import threading
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from jukedrummer.config import CorpusConfig
from jukedrummer.corpus.demo.band import play_band
from jukedrummer.corpus.demo.drums import Drummer
from jukedrummer.corpus.demo.plan import make_plan
from jukedrummer.corpus.demo.render import Band, default_soundfont, render
from jukedrummer.corpus.demo.write import beats, write_song
from jukedrummer.corpus.manifest import Song
from jukedrummer.errors import UserError
from jukedrummer.storage.files import atomic_folder, read_json, sha256, write_json

VERSION = 1
"""Of the composer: raise it when the same config gives other bytes."""
FINGERPRINT = "corpus.json"
DEFAULT_LICENCE = "MIT (composition); GPL-2.0 (TimGM6mb soundfont)"
_bands: dict[Path, Band] = {}


@dataclass(frozen=True)
class Job:
    """One song to make."""

    index: int
    split: str
    folder: Path
    seed: int
    seconds: float
    soundfont: Path
    about: dict

    @property
    def reserved(self) -> bool:
        """Whether the song takes the tempi and progressions that only the test split hears."""
        return self.split == "test"

    @property
    def name(self) -> str:
        """The song's id."""
        return f"song_{self.index:04d}"

    @property
    def target(self) -> Path:
        """The song's folder: as in MUSDB18, songs for validation lie among the training songs."""
        return self.folder / ("test" if self.reserved else "train") / self.name


def demo(folder: Path, config: CorpusConfig, workers: int) -> list[Song]:
    """Compose and render the songs into `folder`, those that are not yet there.

    Songs of an earlier run are kept where its settings and soundfont were the same, removed where not.

    Raises:
        UserError: the soundfont is missing or is none, or `folder` cannot be written.
    """
    soundfont = Path(config.soundfont) if config.soundfont else default_soundfont()
    Band(soundfont)  # A bad soundfont is told of here, not by a worker.
    about = {"soundfont_sha256": sha256(soundfont), "licence": _licence(config)}
    jobs = [
        Job(index, split, folder, config.seed, config.seconds, soundfont, about)
        for index, split in enumerate(splits(config))
    ]
    _prepare(folder, config, about, jobs)
    _make_all([job for job in jobs if not job.target.exists()], workers)
    return [_row(job) for job in jobs]


def splits(config: CorpusConfig) -> list[str]:
    """The split of every song. A prefix of the list for fewer songs; each split has at least one of four."""
    chosen: list[str] = []
    for count in range(1, config.songs + 1):
        due = {
            split: 1 + int((count - 4) * share) for split, share in _shares(config) if count >= 3
        }
        late = [split for split, number in due.items() if chosen.count(split) < number]
        chosen.append(late[0] if late else "train")
    return chosen


def _shares(config: CorpusConfig) -> tuple[tuple[str, float], ...]:
    return ("test", config.test_share), ("valid", config.valid_share)


def _licence(config: CorpusConfig) -> str:
    if config.soundfont is None:
        return DEFAULT_LICENCE
    return f"MIT (composition); see the soundfont {Path(config.soundfont).name}"


def _prepare(folder: Path, config: CorpusConfig, about: dict, jobs: list[Job]) -> None:
    """Leave in `folder` only whole songs that these settings would make again."""
    wanted = {"version": VERSION, "seed": config.seed, "seconds": config.seconds, **about}
    fingerprint = folder / FINGERPRINT
    present = [path for part in ("train", "test") for path in (folder / part).glob("*")]
    if present and not fingerprint.exists():
        raise UserError(
            f"{folder}: holds songs but no {FINGERPRINT}, so they are not the demo's; move them"
        )
    try:
        same = read_json(fingerprint) == wanted
    except UserError:
        same = False
    keep = {job.target for job in jobs} if same else set()
    for path in present:
        if path not in keep:
            shutil.rmtree(path)
    if not same:
        write_json(fingerprint, wanted)


def _make_all(jobs: list[Job], workers: int) -> None:
    with tqdm(total=len(jobs), desc="corpus", unit="song", disable=not jobs) as progress:
        if workers == 1:
            for job in jobs:
                _make(job)
                progress.update()
            return
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool:
            futures = [pool.submit(_make, job) for job in jobs]
            try:
                for future in as_completed(futures):
                    future.result()
                    progress.update()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise


def _end_with_parent() -> None:
    """In a worker: end when the main process is killed, instead of waiting for work for ever."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _make(job: Job) -> None:
    if job.soundfont not in _bands:
        _bands[job.soundfont] = Band(job.soundfont)
    plan = make_plan(job.seed, job.index, job.reserved, job.seconds)
    hits, parts = Drummer(plan).play(), play_band(plan)
    audio = render(_bands[job.soundfont], hits, parts, plan.kit, plan.seconds)
    with atomic_folder(job.target) as folder:
        write_song(folder, plan, hits, parts, audio, job.about)


def _row(job: Job) -> Song:
    about = read_json(job.target / "song.json")
    plan = make_plan(job.seed, job.index, job.reserved, job.seconds)
    times = [time for time, _ in beats(plan)]
    return Song(
        song=job.name,
        split=job.split,
        kind="stems",
        path=job.target,
        beats=job.target / "beats.tsv",
        style=about["style"],
        kit=about["kit"],
        bpm=60 * (len(times) - 1) / (times[-1] - times[0]),
        licence=about["licence"],
    )
