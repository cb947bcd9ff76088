"""Sampling the paper's language model: ours against the cached `generate` of HuggingFace's T5, as large.

    pip install --editable '.[bench]'
    python benchmarks/sampling.py

prints a line for one clip and a line for four at once: the ratio, drum codes a second on both sides, and the
floor, the rate at which the memory could deliver the decoder's weights once a step. The encoder, the weights'
preparation and the draws are part of the time. Ours is compiled, as sampling is where many codes are drawn
(`generate.compile_from`); compiling, which happens once, is not part of the time and is told, with an empty
cache on disk, and so is the rate of plain steps.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace

import torch
from _turns import medians, parser, peer_library
from lm_training import CONFIG, DRUMLESS, DRUMS, batch
from torch import Tensor

from jukedrummer.audio.torchaudio_shim import load_torchaudio
from jukedrummer.config import GenerateConfig
from jukedrummer.model.families import make_lm
from jukedrummer.model.lm import Conditions
from jukedrummer.model.sampling import sample

GENERATE = GenerateConfig()  # the paper's temperature and nucleus


def ours(clips: int, codes: int, compile_from: int) -> Callable[[], list[Tensor]]:
    """Draw the first codes of each clip; the recording is heard as long as that."""
    settings = replace(GENERATE, compile_from=compile_from)
    torch.manual_seed(0)
    model = make_lm(CONFIG, 80, 4, DRUMS, DRUMLESS).eval()
    _, known = batch(clips)
    pieces = [Conditions(*(field[clip : clip + 1] for field in known)) for clip in range(clips)]
    pieces = [piece.crop(0, codes, 4) for piece in pieces]
    return lambda: sample(model, pieces, settings, seeds=list(range(clips)))


def peer(clips: int, codes: int) -> Callable[[], Tensor]:
    """T5 of as many layers as wide, with as many codes to choose from; random weights."""
    load_torchaudio()  # which transformers imports on its way
    hf = peer_library("transformers")
    config = hf.T5Config(
        vocab_size=DRUMLESS,
        d_model=CONFIG.width,
        d_kv=64,
        d_ff=CONFIG.width,
        num_layers=CONFIG.encoder_layers,
        num_decoder_layers=CONFIG.layers,
        num_heads=CONFIG.heads,
        decoder_start_token_id=0,
        pad_token_id=0,
        eos_token_id=None,
    )
    model = hf.T5ForConditionalGeneration(config).eval()
    drumless = batch(clips)[1].drumless_codes
    return lambda: model.generate(
        drumless,
        attention_mask=torch.ones_like(drumless),
        do_sample=True,
        top_k=0,
        top_p=GENERATE.top_p,
        temperature=GENERATE.temperature,
        min_new_tokens=codes,
        max_new_tokens=codes,
        use_cache=True,
        # Given, because the one that `generate` makes has as many layers as the encoder.
        past_key_values=hf.EncoderDecoderCache(hf.DynamicCache(), hf.DynamicCache()),
    )


def compare(clips: int, codes: int, turns: int, clock: str) -> float:
    """Print the line of so many clips at once and give the ratio."""
    numbers = torch.ones(2**26)  # more than a cache holds
    begin = time.perf_counter()
    ours(clips, 2, compile_from=1)()
    compiling = time.perf_counter() - begin
    sides = {
        "ours": ours(clips, codes, 1),
        "plain": ours(clips, codes, 0),
        "T5": peer(clips, codes),
    }
    found = medians({**sides, "memory": numbers.sum}, turns, clock)
    ratio = found["T5"] / found["ours"]
    rate = {name: clips * codes / found[name] for name in sides}
    bandwidth = numbers.nbytes / found["memory"]
    decoder = make_lm(CONFIG, 80, 4, DRUMS, DRUMLESS).decoder
    weights = sum(value.nbytes for value in decoder.layers.parameters())
    print(
        f"sampling: {ratio:.2f} times faster than HuggingFace's T5; clips at once: {clips}, of {codes:,} "
        f"codes; {rate['ours']:.0f} codes a second against {rate['T5']:.0f}, after compiling for "
        f"{compiling:.0f} s; {rate['plain']:.0f} in plain steps; the floor is "
        f"{clips * bandwidth / weights:.0f} ({weights / 1e6:.0f} MB of weights a step, "
        f"{bandwidth / 1e9:.1f} GB/s); {torch.get_num_threads()} threads, {clock} time"
    )
    return ratio


def main() -> int:
    """Run the comparisons; 0 where the claim holds."""
    options = parser(__doc__, turns=3)
    options.add_argument("--codes", type=int, default=1_024, help="codes a clip (default: 1,024)")
    arguments = options.parse_args()
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder
        ratios = [
            compare(clips, arguments.codes, arguments.turns, arguments.clock) for clips in (1, 4)
        ]
    return 0 if min(ratios) >= 3 else 1


if __name__ == "__main__":
    sys.exit(main())
