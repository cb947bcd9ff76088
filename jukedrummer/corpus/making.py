"""Sources that make songs: worker processes, and which songs of an earlier run are kept."""

import multiprocessing
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from jukedrummer.errors import UserError
from jukedrummer.storage.files import read_json, write_json

JobType = TypeVar("JobType")
ResultType = TypeVar("ResultType")


def run_jobs(
    make: Callable[[JobType], ResultType], jobs: Sequence[JobType], workers: int
) -> list[ResultType]:
    """Run a function for every job, with a progress bar.

    Args:
        make: a function of a module, so that other processes can import it.
        jobs: its arguments.
        workers: processes; at least 1. With 1, this process does the work.

    Returns:
        The results, in the order of the jobs.

    Raises:
        UserError: `make` raised it. Jobs that have not started are dropped.
    """
    with tqdm(total=len(jobs), desc="corpus", unit="song", disable=not jobs) as progress:
        if workers == 1:
            results = []
            for job in jobs:
                results.append(make(job))
                progress.update()
            return results
        with _pool(workers) as pool:
            futures = [pool.submit(make, job) for job in jobs]
            for future in as_completed(futures):
                future.result()
                progress.update()
            return [future.result() for future in futures]


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes. If an error leaves the block, jobs that have not started are dropped."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _end_with_parent() -> None:
    """End this worker if the main process is killed. Otherwise it would wait for work for ever."""
    threading.Thread(target=_exit_after_parent, daemon=True).start()


def _exit_after_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None  # this is a worker
    parent.join()
    os._exit(1)


def remove_other_songs(
    fingerprint: Path, present: Sequence[Path], made_with: dict[str, Any], targets: set[Path]
) -> None:
    """Remove the songs that are not targets or were made with other settings.

    Args:
        fingerprint: the JSON file with the settings of the songs beside it.
        present: folders of existing songs.
        made_with: settings of this run; they are written to `fingerprint`.
        targets: folders of this run's songs.

    Raises:
        UserError: there are songs but no fingerprint, so another program made them.
    """
    if present and not fingerprint.exists():
        raise UserError(
            f"{fingerprint.parent}: has songs but no {fingerprint.name}, so they were not made "
            "here; move them"
        )
    try:
        same = read_json(fingerprint) == made_with
    except UserError:
        same = False
    kept = targets if same else set()
    for path in present:
        if path not in kept:
            shutil.rmtree(path)
    if not same:
        write_json(fingerprint, made_with)
