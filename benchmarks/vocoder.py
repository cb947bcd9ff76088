"""The iSTFT vocoder of the default config against HiFi-GAN V1 at full size: the same mel, in turns.

    python benchmarks/vocoder.py

prints one line: the ratio of the median times, and both real-time factors (seconds of processing a second of
audio). Fails where the iSTFT vocoder is not 10 times faster.

    python benchmarks/vocoder.py --train-seconds 240 --pairs results/pairs/0 --pairs results/pairs/1

also trains both for as long, from random weights, and prints how far each is from the drums of the validation
songs: the mean difference of the log magnitudes over four resolutions, in decibel, beside Griffin-Lim's.
"""

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from jukedrummer.audio.mel import log_mel
from jukedrummer.config import MelConfig, OptimConfig, VocoderConfig
from jukedrummer.model.vocoder import make_vocoder
from jukedrummer.storage.weights import ModelInfo
from jukedrummer.training.vocoder import HiFiGANTask, VocoderTask, recordings, start, train_vocoder

MEL = MelConfig()
CONFIGS = {
    "istft": VocoderConfig(),
    "hifigan": VocoderConfig(
        kind="hifigan", width=512, crop_frames=32, optim=OptimConfig(learning_rate=2e-4, warmup=0)
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
    """Median seconds of processing a second of audio, of each vocoder."""
    mel = drum_mel(seconds)
    vocoders = {name: make_vocoder(config, MEL).eval() for name, config in CONFIGS.items()}
    times: dict[str, list[float]] = {name: [] for name in vocoders}
    for turn in range(turns + 1):
        for name, vocoder in vocoders.items():
            begin = time.perf_counter()
            vocoder(mel)
            if turn:  # the first only warms up
                times[name].append(time.perf_counter() - begin)
    audio = mel.shape[-1] * MEL.hop / MEL.sample_rate
    return {name: statistics.median(values) / audio for name, values in times.items()}


def seconds_a_step(pairs: list[Path], config: VocoderConfig, steps: int = 2) -> float:
    """Time of losses and gradients of a batch, in all turns of a step; the first step only warms up."""
    tracks, kind = (
        recordings(pairs, "train"),
        HiFiGANTask if config.kind == "hifigan" else VocoderTask,
    )
    task = kind(start(config, MEL, tracks), config, MEL, tracks, recordings(pairs, "valid")).train()
    times = []
    for step in range(steps):
        begin = time.perf_counter()
        batch = task.batch(step, slice(None))
        for turn in task.turns():
            getattr(task, turn.method)(*batch)[turn.loss].backward()
        times.append(time.perf_counter() - begin)
    return min(times)


def trained(pairs: list[Path], config: VocoderConfig, seconds: float) -> tuple[ModelInfo, float]:
    """A vocoder trained for about as long, validated at the end, and the seconds that it did take."""
    steps = max(1, round(seconds / seconds_a_step(pairs, config)))
    optim = replace(config.optim, steps=steps, validate_every=steps, save_every=steps + 1)
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        info = train_vocoder(pairs, Path(folder), MEL, replace(config, optim=optim))
        return info, time.perf_counter() - begin


def main() -> int:
    """Run the comparison; 0 where the iSTFT vocoder is as much faster as is claimed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=6.0, help="length of the mel (default: 6)")
    parser.add_argument("--turns", type=int, default=3, help="turns of each vocoder (default: 3)")
    parser.add_argument("--threads", type=int, default=2, help="processor threads (default: 2)")
    parser.add_argument(
        "--train-seconds", type=float, default=0.0, help="also train, each for so long"
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
        f"{factors['istft']:.4f} against {factors['hifigan']:.3f}; a mel of {arguments.seconds:g} s, "
        f"{arguments.turns} turns, {arguments.threads} threads"
    )
    if arguments.train_seconds:
        for name, config in CONFIGS.items():
            optim = replace(config.optim, batch=arguments.batch)
            info, seconds = trained(
                arguments.pairs, replace(config, optim=optim), arguments.train_seconds
            )
            distance, griffin_lim = (
                info.metrics[key] for key in ("distance_db", "griffin_lim_distance_db")
            )
            print(
                f"vocoder: {name} after {info.step} steps of {arguments.batch}, planned for "
                f"{arguments.train_seconds:g} s ({seconds:.0f} s with validation): {distance:.2f} dB from "
                f"the real drums; Griffin-Lim {griffin_lim:.2f} dB"
            )
    return 0 if ratio >= REQUIRED else 1


if __name__ == "__main__":
    sys.exit(main())
