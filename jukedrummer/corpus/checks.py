"""Checks of a pair that arrives in chunks: levels, drums, mono sum, mixture, leakage."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from jukedrummer.audio.io import SILENCE
from jukedrummer.audio.mono import MONO, Mono, MonoChoice, choose_mono, energy_of, to_mono
from jukedrummer.config import PairsConfig
from jukedrummer.corpus.activity import QUIET_DB, WindowLevels, drums_active, sounding, to_db
from jukedrummer.corpus.leakage import LeakageMeter
from jukedrummer.corpus.mixture import MixtureFit, Offset, OffsetFinder
from jukedrummer.corpus.song import Unfit
from jukedrummer.storage.tables import cell, positive

SMALL_OFFSET_MS = 10.0  # offsets above this give a warning


@dataclass(frozen=True, kw_only=True)
class PairMeasures:
    """Columns of `pairs.tsv`: measures of both recordings, before the gain of the pair."""

    drums_mono: str = cell("mono signal: mid (mean) or side (half the difference)", check=MONO)
    drumless_mono: str = cell("likewise", check=MONO)
    drums_mono_loss_db: float = cell(
        "energy that the mean of the channels loses", unit="dB", digits=".2f"
    )
    drumless_mono_loss_db: float = cell("likewise", unit="dB", digits=".2f")
    drums_peak: float = cell("peak of the mono recording", check=positive)
    drumless_peak: float = cell("likewise", check=positive)
    drums_db: float = cell("RMS of the mono recording", unit="dBFS", digits=".2f")
    drumless_db: float = cell("likewise", unit="dBFS", digits=".2f")
    drums_silence: float = cell("share of the seconds below -60 dBFS", digits=".4f")
    drumless_silence: float = cell("likewise", digits=".4f")
    drums_active: float = cell("share of the seconds with drums", digits=".4f")
    residual_db: float | None = cell(
        "the stems' sum minus the mixture, relative to it, after the best gain; None: no mixture",
        unit="dB",
        digits=".2f",
        default=None,
    )
    mixture_gain: float | None = cell("the best gain", digits=".4f", default=None)
    drums_offset_ms: float | None = cell(
        "delay of the drums in the mixture; None: not found",
        unit="ms",
        digits=".1f",
        default=None,
    )
    drumless_offset_ms: float | None = cell("likewise", unit="ms", digits=".1f", default=None)
    leakage: float | None = cell(
        "share of the drums' onsets that the drumless recording predicts (R^2 above chance)",
        digits=".4f",
        default=None,
    )
    coherence: float | None = cell(
        "coherence of both recordings above 4 kHz; 0: no common sound", digits=".4f", default=None
    )
    warnings: str = cell("possible faults, or empty", default="")


class _MonoLevels:
    """Peak, energy and levels of windows of a mono signal."""

    def __init__(self) -> None:
        self.peak, self.energy, self.samples = 0.0, 0.0, 0
        self.windows = WindowLevels()

    def add(self, chunk: np.ndarray) -> None:
        """Add the next samples, (n,)."""
        self.peak = max(self.peak, float(np.abs(chunk).max(initial=0.0)))
        exact = chunk.astype(np.float64)
        self.energy += float(exact @ exact)
        self.samples += len(chunk)
        self.windows.add(chunk)


class _PartMeasures(NamedTuple):
    choice: MonoChoice
    peak: float
    rms_db: float
    levels: np.ndarray


class _Part:
    """One of the two recordings: its levels as mid and as side."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._levels: dict[Mono, _MonoLevels] = {"mid": _MonoLevels()}
        self._energy = 0.0  # mean of the channels' energies

    def add(self, chunk: np.ndarray) -> None:
        """Add the next samples, (n, channels)."""
        if chunk.shape[1] == 2:
            self._levels.setdefault("side", _MonoLevels())
        for mono, levels in self._levels.items():
            levels.add(to_mono(chunk, mono))
        self._energy += energy_of(chunk)

    def finish(self, config: PairsConfig, where: str) -> _PartMeasures:
        """Choose the mono signal; see `PairsConfig.max_mono_loss_db`.

        Raises:
            Unfit: it is silent.
        """
        of_mean, has_side = self._levels["mid"].energy, "side" in self._levels
        choice = choose_mono(self._energy, of_mean, has_side, config.max_mono_loss_db)
        levels = self._levels[choice.mono]
        if levels.peak < SILENCE:
            raise Unfit(
                "silent",
                f"{where}: {self.name} is silent (peak {levels.peak:.1e}, the limit is "
                f"{SILENCE:g})",
                f"{levels.peak:.1e}",
                f"{SILENCE:g}",
            )
        rms = float(to_db(levels.energy / levels.samples))
        return _PartMeasures(choice, levels.peak, rms, levels.windows.finish())


class PairChecks:
    """Measures a pair of recordings that arrives in chunks, and checks it at the end.

    Memory grows by 3 kB a second in the first ten minutes of a song, then by a few numbers a
    second.

    Args:
        config: the limits.
        where: start of the messages: the song's file or name.
    """

    def __init__(self, config: PairsConfig, where: str) -> None:
        self._config, self._where = config, where
        self._parts = _Part("drums"), _Part("drumless")
        self._leakage = LeakageMeter()
        self._fit = MixtureFit()
        self._offsets = OffsetFinder(), OffsetFinder()

    def add(
        self, drums: np.ndarray, drumless: np.ndarray, mixture: np.ndarray | None = None
    ) -> None:
        """Add the next samples.

        Args:
            drums: (n, channels) float32 at 44,100 Hz. The number of channels must not change.
            drumless: (n, channels).
            mixture: (n or fewer, channels). Samples that it lacks at its end are not compared.
        """
        chunks = drums, drumless
        for part, chunk in zip(self._parts, chunks, strict=True):
            part.add(chunk)
        drums, drumless = _with_equal_channels(*chunks)
        self._leakage.add(drums, drumless)
        if mixture is not None and len(mixture):
            total = (drums + drumless)[: len(mixture)]
            self._fit.add(*_with_equal_channels(total, mixture))
            mono = to_mono(mixture, "mid")
            for finder, chunk in zip(self._offsets, chunks, strict=True):
                finder.add(to_mono(chunk, "mid")[: len(mixture)], mono)

    def finish(self) -> PairMeasures:
        """The measures of the whole pair.

        Raises:
            Unfit: a recording is silent, there are too few drums, or the mixture shows that drums
                and drumless recording are shifted against each other.
        """
        drums, drumless = (part.finish(self._config, self._where) for part in self._parts)
        self._check_balance(drums.peak, drumless.peak)
        active = float(drums_active(drums.levels).mean())
        self._check_drums(active)
        offsets = [finder.finish() for finder in self._offsets]
        self._check_offsets(offsets)
        gain, residual = self._fit.finish() or (None, None)
        leakage = self._leakage.finish()
        return PairMeasures(
            drums_mono=drums.choice.mono,
            drumless_mono=drumless.choice.mono,
            drums_mono_loss_db=drums.choice.loss_db,
            drumless_mono_loss_db=drumless.choice.loss_db,
            drums_peak=drums.peak,
            drumless_peak=drumless.peak,
            drums_db=drums.rms_db,
            drumless_db=drumless.rms_db,
            drums_silence=float(1 - sounding(drums.levels).mean()),
            drumless_silence=float(1 - sounding(drumless.levels).mean()),
            drums_active=active,
            residual_db=residual,
            mixture_gain=gain,
            drums_offset_ms=offsets[0] and offsets[0].milliseconds,
            drumless_offset_ms=offsets[1] and offsets[1].milliseconds,
            leakage=leakage and leakage.onsets,
            coherence=leakage and leakage.coherence,
            warnings="; ".join(self._warnings([drums, drumless], offsets, residual)),
        )

    def _check_balance(self, *peaks: float) -> None:
        # Both have one gain. One of them is silent if the other is in units of integers.
        if (quiet := min(peaks) / max(1.0, *peaks)) < SILENCE:
            raise Unfit(
                "silent",
                f"{self._where}: the peaks of drums and drumless recording are {peaks[0]:.1e} and "
                f"{peaks[1]:.1e}; with one gain for both, one is silent (the limit is {SILENCE:g})",
                f"{quiet:.1e}",
                f"{SILENCE:g}",
            )

    def _check_drums(self, active: float) -> None:
        limit = self._config.min_drums_share
        if active < limit:
            raise Unfit(
                "few drums",
                f"{self._where}: drums are active in {100 * active:.1f} % of the song (at least "
                f"{QUIET_DB:g} dBFS), less than pairs.min_drums_share {limit:g}",
                f"{active:.4f}",
                f"{limit:g}",
            )

    def _check_offsets(self, offsets: list[Offset | None]) -> None:
        drums, drumless = offsets
        if drums is None or drumless is None:
            return
        between, limit = drums.milliseconds - drumless.milliseconds, self._config.max_offset_ms
        if abs(between) > limit:
            raise Unfit(
                "offset",
                f"{self._where}: in the mixture the drums are {abs(between):.1f} ms "
                f"{_direction(between)} against the other stems than in the files; the limit "
                f"pairs.max_offset_ms is {limit:g}; were the stems cut differently?",
                f"{between:.1f}",
                f"{limit:g}",
            )

    def _warnings(
        self,
        parts: list[_PartMeasures],
        offsets: list[Offset | None],
        residual: float | None,
    ) -> list[str]:
        limit, texts = self._config.max_mono_loss_db, []
        for name, part, offset in zip(("drums", "drumless"), parts, offsets, strict=True):
            if part.choice.loss_db > limit:
                texts.append(f"{name}: {part.choice.note(f'pairs.max_mono_loss_db {limit:g}')}")
            if offset and abs(offset.milliseconds) > SMALL_OFFSET_MS:
                milliseconds = offset.milliseconds
                texts.append(
                    f"{name}: {abs(milliseconds):.1f} ms {_direction(milliseconds)} in the mixture"
                )
            if offset and offset.inverted:
                texts.append(f"{name}: inverted polarity in the mixture")
        if residual is not None and residual > self._config.max_residual_db:
            texts.append(
                f"the sum of the stems differs from the mixture by {residual:.1f} dB, more than "
                f"pairs.max_residual_db {self._config.max_residual_db:g}"
            )
        return texts


def _direction(milliseconds: float) -> str:
    return "later" if milliseconds > 0 else "earlier"


def _with_equal_channels(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # (n, channels) each. If the numbers of channels differ, both become mono.
    if first.shape[1] == second.shape[1]:
        return first, second
    return to_mono(first, "mid")[:, None], to_mono(second, "mid")[:, None]
