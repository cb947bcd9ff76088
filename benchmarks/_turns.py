"""What the benchmarks share: two sides run in turns, and medians of their times."""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping


def parser(description: str, turns: int) -> argparse.ArgumentParser:
    """Options that every script has."""
    result = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument(
        "--turns", type=int, default=turns, help=f"timed turns of each side (default: {turns})"
    )
    result.add_argument("--threads", type=int, default=2, help="processor threads (default: 2)")
    return result


def medians(sides: Mapping[str, Callable[[], object]], turns: int) -> dict[str, float]:
    """Seconds of each side: the median of `turns` runs, taken in turns after one that does not count."""
    for run in sides.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(turns):
        for name, run in sides.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}
