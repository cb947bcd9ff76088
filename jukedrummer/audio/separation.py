"""Separation of songs without stems: demucs splits the mix into drumless and drums.

demucs is imported only when it is used. Its pretrained weights have their own licence.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from jukedrummer.audio.chunks import even_chunks, resampled_chunks
from jukedrummer.audio.io import CHUNK_SAMPLES
from jukedrummer.config import SAMPLE_RATE, PairsConfig
from jukedrummer.errors import UserError

DRUMS = "drums"  # demucs' name of the source
_SMALLEST = 1e-8  # deviation of a silent mix; the value of demucs
OVERLAP = 0.25  # of a segment with the next, demucs' default

# Opens a mix at a rate (samples a second) as chunks (n, channels) float32; see `read_chunks`.
OpenMix = Callable[[int], AbstractContextManager[Iterator[np.ndarray]]]


@dataclass(frozen=True)
class MixLevel:
    """Level of a whole mix, at the model's rate.

    Attributes:
        samples: its length.
        mean: of all samples.
        deviation: standard deviation of the mean of its channels.
        peak: largest absolute sample.
    """

    samples: int
    mean: float
    deviation: float
    peak: float


@dataclass(frozen=True)
class Separator:
    """A demucs model, or a bag of several, in evaluation mode.

    Attributes:
        model: demucs' object.
        device: where it runs.
    """

    model: Any
    device: torch.device

    def level(self, open_mix: OpenMix) -> MixLevel:
        """Measure a mix, the first of two passes."""
        count, total, of_mono, of_squares, peak = 0, 0.0, 0.0, 0.0, 0.0
        with open_mix(self.model.samplerate) as chunks:
            for chunk in chunks:
                mix = _with_channels(chunk, self.model.audio_channels)
                mono = mix.mean(axis=1, dtype=np.float64)
                count += len(mix)
                total += float(mix.mean(dtype=np.float64)) * len(mix)
                of_mono += float(mono.sum())
                of_squares += float(mono @ mono)
                peak = max(peak, float(np.abs(chunk).max()))
        variance = max(0.0, of_squares - of_mono**2 / max(1, count)) / max(1, count - 1)
        return MixLevel(count, total / max(1, count), variance**0.5, peak)

    def separate(
        self, open_mix: OpenMix, level: MixLevel
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Separate a mix, the second of two passes.

        The result is deterministic. It does not depend on the lengths of the mix's chunks, and is
        that of demucs for the whole mix. A few segments (seconds) are in memory.

        Args:
            open_mix: opens the mix.
            level: from `level`, of the same mix.

        Yields:
            Chunks of drumless (the sum of all other sources) and of drums, both (n, channels)
            float32 at 44,100 Hz, with the channels of the model.
        """
        rate, channels = self.model.samplerate, self.model.audio_channels
        with open_mix(rate) as chunks:
            mix = (_with_channels(chunk, channels) for chunk in chunks)
            both = (
                np.concatenate(self._drumless_and_drums(sources, level))
                for sources in self._sources(mix, level)
            )
            at_rate = resampled_chunks((part.T.copy() for part in both), rate, SAMPLE_RATE)
            for part in even_chunks(at_rate, CHUNK_SAMPLES):
                yield part[:, :channels], part[:, channels:]

    def _drumless_and_drums(self, sources: Tensor, level: MixLevel) -> tuple[np.ndarray, ...]:
        # (S, channels, n) -> two arrays (channels, n). The mean of the mix is no part of a source.
        # It is in neither array.
        drums = sources[self.model.sources.index(DRUMS)]
        scale = level.deviation + _SMALLEST
        return tuple((part * scale).numpy() for part in (sources.sum(0) - drums, drums))

    def _sources(self, mix: Iterable[np.ndarray], level: MixLevel) -> Iterator[Tensor]:
        """Sources of a mix, at the scale of a mix of unit deviation.

        Segments overlap. As in demucs, their weights are triangles, and a sum of weighted segments
        is divided by the sum of weights.

        Args:
            mix: chunks (n, channels) at the model's rate.
            level: of the whole mix.

        Yields:
            Parts (S, channels, n), one for each segment.
        """
        models = getattr(self.model, "models", [self.model])
        length = int(self.model.samplerate * min(model.segment for model in models))
        stride = int((1 - OVERLAP) * length)
        triangle = torch.minimum(torch.arange(1, length + 1), torch.arange(length, 0, -1))
        triangle = triangle / triangle.max()
        total, weights = torch.zeros(()), torch.zeros(length)
        progress = tqdm(
            total=level.samples,
            desc="separation",
            unit="sample",
            unit_scale=True,
            delay=2,
            leave=False,
        )
        for around, offset in _segments(mix, length, stride):
            estimate = self._estimate(around, offset, length, level)
            size = estimate.shape[-1]
            if not total.ndim:
                total = estimate.new_zeros(*estimate.shape[:-1], length)
            total[..., :size] += triangle[:size] * estimate
            weights[:size] += triangle[:size]
            done = min(stride, size)
            yield total[..., :done] / weights[:done]
            total = torch.nn.functional.pad(total[..., stride:], (0, stride))
            weights = torch.nn.functional.pad(weights[stride:], (0, stride))
            progress.update(done)
        progress.close()

    def _estimate(self, around: np.ndarray, offset: int, length: int, level: MixLevel) -> Tensor:
        # The sources (S, channels, n) of the segment of `around` (m, channels) at `offset`.
        from demucs.apply import TensorChunk, apply_model

        mix = torch.from_numpy(around.T.copy())[None]
        # demucs' models are trained on mixes of zero mean and unit deviation.
        mix = (mix - level.mean) / (level.deviation + _SMALLEST)
        segment = TensorChunk(mix, offset, length)  # type: ignore[no-untyped-call]
        sources: Tensor = apply_model(
            self.model, segment, shifts=0, split=False, device=self.device
        )[0]
        return sources.cpu()


def _segments(
    mix: Iterable[np.ndarray], length: int, stride: int
) -> Iterator[tuple[np.ndarray, int]]:
    """Segments of a mix, each with the samples around it.

    Args:
        mix: chunks (n, channels).
        length: samples of a segment.
        stride: samples between the starts of segments.

    Yields:
        The segment with up to `length` samples before and after it, (m, channels), and the place of
        its first sample. The last segment may be shorter than `length`.
    """
    chunks, offset = iter(mix), 0
    around = next(chunks, np.zeros((0, 1)))
    while True:
        while len(around) < offset + 2 * length and (chunk := next(chunks, None)) is not None:
            around = np.concatenate([around, chunk])
        if len(around) <= offset:
            return
        yield around[: offset + 2 * length], offset
        passed = max(0, offset + stride - length)
        around, offset = around[passed:], offset + stride - passed


def load_separator(config: PairsConfig) -> Separator:
    """The demucs model named `config.separator`.

    Raises:
        UserError: demucs is not installed, the weights cannot be loaded, or the model does not
            separate drums.
    """
    config.check_separator("pairs")
    from demucs.pretrained import get_model

    model = _get_model(get_model, config)
    if DRUMS not in model.sources:
        raise UserError(
            f"pairs.separator {config.separator}: separates {model.sources}, not {DRUMS}"
        )
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    # demucs moves a bag's models to the device and back for each segment if they are elsewhere.
    return Separator(model.to(device), device)


def _get_model(get_model: Callable[..., Any], config: PairsConfig) -> Any:
    repository = config.separator_repository and Path(config.separator_repository)
    try:
        return get_model(config.separator, repo=repository)
    except Exception as error:  # hub, network, checksum and format errors have no common class
        where = (
            f"the folder {repository}"
            if repository
            else "the hub (no network? set pairs.separator_repository)"
        )
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(
            f"pairs.separator {config.separator}: cannot be loaded ({reason}) from {where}"
        ) from error


def _with_channels(audio: np.ndarray, channels: int) -> np.ndarray:
    # (N, any) -> (N, channels). Mono is repeated; more channels are averaged first.
    if audio.shape[1] == channels:
        return audio
    return np.repeat(audio.mean(axis=1, keepdims=True, dtype=np.float32), channels, axis=1)
