"""Noise and masks on the drumless mels of separated songs, in training only.

A separation leaves traces of the drums in the drumless recording. Noise and masks make it harder to
learn from these traces. Songs with true stems are not changed.
"""

import numpy as np
from torch import Tensor

from jukedrummer.config import LMConfig
from jukedrummer.training.random import example_random

WIDEST_MASK = 0.25  # of the bands


class SeparatedNoise:
    """Changes the drumless mels of the clips whose songs were separated.

    Args:
        config: level of the noise, number of masks and the seed.
        mean: (F,) means of the drumless mels of the training split, log10.
        deviation: (F,) standard deviations of them.
        separated: (clips,) whether a clip is from a separated song.
    """

    def __init__(
        self, config: LMConfig, mean: Tensor, deviation: Tensor, separated: np.ndarray
    ) -> None:
        self._config, self._separated = config, separated
        self._mean, self._deviation = (values.numpy()[:, None] for values in (mean, deviation))

    def changed_mel(self, mel: np.ndarray, clip: int, step: int, place: int) -> np.ndarray:
        """The mel of an example, changed if its clip is from a separated song.

        Args:
            mel: (F, M) log10.
            clip: number of the clip.
            step: step of the training.
            place: place of the example in the whole batch of this step.
        """
        if not self._separated[clip]:
            return mel
        random = example_random(self._config.optim.seed, step, place)
        noise = random.standard_normal(mel.shape, dtype=np.float32)
        result = mel + self._config.separated_noise * self._deviation * noise
        bands = len(mel)
        for _ in range(self._config.separated_masks):
            width = random.integers(int(WIDEST_MASK * bands) + 1)
            first = random.integers(bands - width + 1)
            result[first : first + width] = self._mean[first : first + width]
        return result.astype(mel.dtype)
