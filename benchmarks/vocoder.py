"""The iSTFT vocoder of the default config, compared with HiFi-GAN V1 at full size on one mel.

    python benchmarks/vocoder.py

prints one line: the ratio of the median times, and both real-time factors (seconds of processing
for a second of audio). It fails if the iSTFT vocoder is not 10 times faster.

    python benchmarks/vocoder.py --train-seconds 240 --pairs results/pairs/0 --pairs results/pairs/1

also trains both for this time, from random weights. It prints the distance of each to the drums of
the validation songs: the mean difference of the log magnitudes over four resolutions, in decibel.
The distance of Griffin-Lim is printed for comparison.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch import Tensor

from jukedrummer.audio.mel import log_mel
from jukedrummer.config import MelConfig, OptimConfig, TrainedVocoderConfig, changed
from jukedrummer.model.build import make_vocoder
from jukedrummer.model.vocoders.hifigan import HiFiGANConfig
from jukedrummer.model.vocoders.istft import ISTFTConfig
from jukedrummer.storage.weights import ModelInfo
from jukedrummer.training.recordings import recordings
from jukedrummer.training.vocoder import fit_vocoder, make_task

MEL = MelConfig()
CONFIGS = {
    "istft": ISTFTConfig(),
    "hifigan": HiFiGANConfig(
        width=512, crop_frames=32, optim=OptimConfig(learning_rate=2e-4, warmup=0)
    ),
}
REQUIRED = 10.0  # times faster


def drum_mel(seconds: float) -> Tensor:
    """Log-mel (1, F, M) of bursts of noise, four a second."""
    samples = round(seconds * MEL.sample_rate)
    decay = torch.exp(-(torch.arange(samples) % (MEL.sample_rate // 4)) / 2_000)
    return log_mel(
        0.3 * torch.randn(1, samples, generator=torch.Generator().manual_seed(0)) * decay, MEL
    )


@torch.no_grad()
def real_time_factors(seconds: float, turns: int) -> dict[str, float]:
    """Median processing time of each vocoder, seconds for a second of audio."""
    mel = drum_mel(seconds)
    vocoders = {name: make_vocoder(config, MEL).eval() for name, config in CONFIGS.items()}
    times: dict[str, list[float]] = {name: [] for name in vocoders}
    for turn in range(turns + 1):
        for name, vocoder in vocoders.items():
            begin = time.perf_counter()
            vocoder(mel)
            if turn:  # the first run only warms up
                times[name].append(time.perf_counter() - begin)
    audio = mel.shape[-1] * MEL.hop / MEL.sample_rate
    return {name: statistics.median(values) / audio for name, values in times.items()}


def seconds_a_step(pairs: list[Path], config: TrainedVocoderConfig, steps: int = 2) -> float:
    """Seconds for losses and gradients of a step. The first step only warms up."""
    tracks, valid = recordings(pairs, "train"), recordings(pairs, "valid")
    task = make_task(config, MEL, tracks, valid).train()
    times = []
    for step in range(steps):
        begin = time.perf_counter()
        batch = task.batch(step, slice(None))
        for update in task.optimizer_steps():
            getattr(task, update.method)(*batch)[update.loss].backward()
        times.append(time.perf_counter() - begin)
    return min(times)


def trained(
    pairs: list[Path], config: TrainedVocoderConfig, seconds: float
) -> tuple[ModelInfo, float]:
    """Train a vocoder for about this time. Return it, validated, and the seconds it took."""
    steps = max(1, round(seconds / seconds_a_step(pairs, config)))
    optim = changed(config.optim, steps=steps, validate_every=steps, save_every=steps + 1)
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        info = fit_vocoder(pairs, Path(folder), mel=MEL, vocoder=changed(config, optim=optim))
        return info, time.perf_counter() - begin


def compare_trainings(pairs: list[Path], planned: float, batch: int) -> None:
    """Train each vocoder for the same time, and print its distance to the real drums."""
    for name, config in CONFIGS.items():
        optim = changed(config.optim, batch_size=batch)
        info, seconds = trained(pairs, changed(config, optim=optim), planned)
        distance, griffin_lim = (
            info.metrics[key] for key in ("distance_db", "griffin_lim_distance_db")
        )
        print(
            f"vocoder: {name} after {info.step} steps of {batch}, planned for {planned:g} s "
            f"({seconds:.0f} s with validation): {distance:.2f} dB from the real drums; "
            f"Griffin-Lim {griffin_lim:.2f} dB"
        )


def main() -> int:
    """Run the comparison. Return 0 if the claim is true."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=6.0, help="length of the mel (default: 6)")
    parser.add_argument("--turns", type=int, default=3, help="turns of each vocoder (default: 3)")
    parser.add_argument("--threads", type=int, default=2, help="processor threads (default: 2)")
    parser.add_argument(
        "--train-seconds", type=float, default=0.0, help="also train each vocoder for this time"
    )
    parser.add_argument(
        "--batch", type=int, default=16, help="crops a step of the training (default: 16)"
    )
    parser.add_argument(
        "--pairs", type=Path, action="append", default=[], help="folder of a shard; repeat"
    )
    arguments = parser.parse_args()
    if arguments.train_seconds and not arguments.pairs:
        parser.error("--train-seconds needs --pairs")
    torch.set_num_threads(arguments.threads)

    factors = real_time_factors(arguments.seconds, arguments.turns)
    ratio = factors["hifigan"] / factors["istft"]
    print(
        f"vocoder: iSTFT {ratio:.0f} times faster than HiFi-GAN V1; real-time factors "
        f"{factors['istft']:.4f} against {factors['hifigan']:.3f}; "
        f"a mel of {arguments.seconds:g} s, {arguments.turns} turns, {arguments.threads} threads"
    )
    if arguments.train_seconds:
        compare_trainings(arguments.pairs, arguments.train_seconds, arguments.batch)
    return 0 if ratio >= REQUIRED else 1


if __name__ == "__main__":
    sys.exit(main())
