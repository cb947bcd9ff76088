"""The listening gate: a test whether a model uses each part of its input."""

from collections.abc import Mapping, Sequence
from typing import Any

from jukedrummer.errors import UserError
from jukedrummer.evaluation.likelihood import CONDITIONS, PARTS_OF_INPUT, TRUE_INPUT
from jukedrummer.evaluation.statistics import interval_json

Bits = Mapping[str, Mapping[str, float]]  # condition to song to cross-entropy, bits a code


def listening(bits: Bits, resamples: int) -> dict[str, Any]:
    """The listening gate.

    A model uses a part of its input if its predictions are worse with another song's part and also
    without this part, if `bits` has this condition. The cost of each, in bits a code, has a paired
    95 % interval over songs. The whole interval must be above 0.

    Args:
        bits: by the names of the `CONDITIONS` that concern the model; all of the same songs.
        resamples: number of resamples for the intervals.

    Returns:
        `bits`: condition to interval; `costs`: condition to interval of the loss against the true
        input; `listens_to_drumless`, `listens_to_beats`: true or false, None if the model does
        not receive that part.

    Raises:
        UserError: a condition is missing, or has other songs.
    """
    groups = {part: names for part in PARTS_OF_INPUT if (names := _conditions(part, bits))}
    names = [name for group in groups.values() for name in group]
    _check(bits, [TRUE_INPUT, *names])
    true = bits[TRUE_INPUT]
    costs = {
        name: interval_json([bits[name][song] - true[song] for song in true], resamples)
        for name in names
    }
    return {
        "bits": {
            name: interval_json(list(bits[name].values()), resamples)
            for name in (TRUE_INPUT, *names)
        },
        "costs": costs,
        **{
            f"listens_to_{part}": _all_cost(costs, groups[part]) if part in groups else None
            for part in PARTS_OF_INPUT
        },
    }


def _conditions(part: str, bits: Bits) -> list[str]:
    """The conditions that replace a part of the input; none if `bits` has none of them.

    Models that were trained with the part in every example are not tested without it.
    """
    names = [name for name, condition in CONDITIONS.items() if condition.replaces == part]
    if not set(names) & set(bits):
        return []
    return [name for name in names if name in bits or not CONDITIONS[name].removes]


def _check(bits: Bits, names: Sequence[str]) -> None:
    for name in sorted(names):
        if name not in bits:
            raise UserError(f"language: condition {name} is missing; there are {', '.join(bits)}")
        if set(bits[name]) != set(bits[TRUE_INPUT]):
            raise UserError(
                f"language: {name} holds other songs than {TRUE_INPUT}; compute both again"
            )


def _all_cost(costs: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> bool:
    return all(costs[name]["low"] is not None and costs[name]["low"] > 0 for name in names)
