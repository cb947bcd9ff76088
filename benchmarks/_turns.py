"""Shared code of the benchmarks: two sides run in turns, and the medians of their times."""

import argparse
import importlib
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}


def parser(description: str, turns: int) -> argparse.ArgumentParser:
    """Options that every script has."""
    result = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument(
        "--turns", type=int, default=turns, help=f"timed turns of each side (default: {turns})"
    )
    result.add_argument("--threads", type=int, default=2, help="processor threads (default: 2)")
    result.add_argument(
        "--clock",
        choices=CLOCKS,
        default="wall",
        help="processor: time of all threads, for a busy machine; use one thread (default: wall)",
    )
    return result


def peer_library(name: str) -> Any:
    """The module of a library to compare with. If it is not installed, the script ends."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        sys.exit(f"{error.name} is not installed; this benchmark needs it: pip install '.[bench]'")


def medians(
    sides: Mapping[str, Callable[[], object]], turns: int, clock: str = "wall"
) -> dict[str, float]:
    """Seconds of each side: the median of `turns` runs, in turns, after one run to warm up."""
    now = CLOCKS[clock]
    for run in sides.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(turns):
        for name, run in sides.items():
            start = now()
            run()
            seconds[name].append(now() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}
