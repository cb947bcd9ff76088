"""Random numbers of a training. They depend on the seed and the step alone, so no state is kept."""

import numpy as np

# The constants of 64-bit xxHash, as CPython 3.8 and later use them for tuples.
_PRIME_1, _PRIME_2, _PRIME_5 = 11400714785074694791, 14029467366897019727, 2870177450012600261
_LENGTH_MASK = _PRIME_5 ^ 3527539
_MODULUS = 2**64


def random_for(seed: int, step: int) -> np.random.Generator:
    """The generator that draws the examples of a step."""
    return np.random.default_rng([seed, step])


def example_random(seed: int, step: int, place: int) -> np.random.Generator:
    """The generator for changes of one example, at `place` (from 0) of a step's batch.

    It is independent of `random_for`, and of how processes share the batch.
    """
    return np.random.default_rng([seed, step, place + 1])  # numpy ignores zeros at the end


def step_seed(seed: int, step: int, rank: int) -> int:
    """The seed of PyTorch's generator for one step in one process.

    It equals `hash((seed, step, rank))` of CPython 3.8 and later. Earlier versions used this hash,
    and their models stay reproducible. It is computed here because Python may change the hash.

    Args:
        seed: seed of the training. Seed, step and rank are from 0 to 2**61 - 2.
        step: number of the step.
        rank: number of the process.

    Returns:
        A signed 64-bit integer.
    """
    lanes = (seed, step, rank)
    total = _PRIME_5
    for lane in lanes:
        total = (total + lane * _PRIME_2) % _MODULUS
        total = (total << 31 | total >> 33) % _MODULUS
        total = total * _PRIME_1 % _MODULUS
    total = (total + (len(lanes) ^ _LENGTH_MASK)) % _MODULUS
    if total == _MODULUS - 1:  # CPython reserves -1 for errors
        total = 1546275796
    return total - _MODULUS if total >= _MODULUS // 2 else total
