"""Sampling of the paper's language model, compared with `generate` of an equal T5 (HuggingFace).

    pip install --editable '.[bench]'
    python benchmarks/sampling.py

prints a line for one clip and a line for four clips together: the ratio, drum codes a second on
both sides, and the rate at which the memory could deliver the decoder's weights for each step (the
floor). The time includes the encoder, the preparation of the weights and the random draws. Our
model is compiled, as it is for long pieces (`generate.compile_from`). The time does not include
compiling, which happens once. The line also has the time of compiling with an empty cache on disk,
and the rate of plain steps.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable

import torch
from _turns import medians, parser, peer_library
from lm_training import CONFIG, DRUMLESS, DRUMS, batch
from torch import Tensor

from jukedrummer.audio.torchaudio_shim import load_torchaudio
from jukedrummer.config import GenerateConfig, changed
from jukedrummer.model.build import make_lm
from jukedrummer.model.conditions import Conditions
from jukedrummer.model.paper.lm import PaperLM
from jukedrummer.model.sampling import sample

GENERATE = GenerateConfig()  # the paper's temperature and nucleus


def ours(clips: int, codes: int, compile_from: int) -> Callable[[], list[Tensor]]:
    """Draw the codes of each clip, for a recording of the same length."""
    settings = changed(GENERATE, compile_from=compile_from)
    torch.manual_seed(0)
    model = make_lm(CONFIG, 80, 4, DRUMS, DRUMLESS).eval()
    _, known = batch(clips)
    pieces = [
        Conditions(
            known.drumless_mel[clip : clip + 1],
            known.drumless_codes[clip : clip + 1],
            {name: value[clip : clip + 1] for name, value in known.beats.items()},
        ).crop(0, codes, 4)
        for clip in range(clips)
    ]
    return lambda: sample(model, pieces, settings, seeds=list(range(clips)))


def peer(clips: int, codes: int) -> Callable[[], Tensor]:
    """T5 of the same depth, width and number of codes, with random weights."""
    load_torchaudio()  # transformers imports it
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
        # Needed, because the cache that `generate` makes has the encoder's number of layers.
        past_key_values=hf.EncoderDecoderCache(hf.DynamicCache(), hf.DynamicCache()),
    )


def compare(clips: int, codes: int, turns: int, clock: str) -> float:
    """Print the line for this number of clips and return the ratio."""
    numbers = torch.ones(2**26)  # larger than a processor's cache
    begin = time.perf_counter()
    ours(clips, 2, compile_from=1)()
    compiling = time.perf_counter() - begin
    sides = {
        "ours": ours(clips, codes, 1),
        "plain": ours(clips, codes, 0),
        "T5": peer(clips, codes),
    }
    seconds = medians({**sides, "memory": numbers.sum}, turns, clock)
    ratio = seconds["T5"] / seconds["ours"]
    rate = {name: clips * codes / seconds[name] for name in sides}
    bandwidth = numbers.nbytes / seconds["memory"]
    decoder = PaperLM(CONFIG, 80, 4, DRUMS, DRUMLESS).decoder
    weights = sum(value.nbytes for value in decoder.layers.parameters())
    print(
        f"sampling: {ratio:.2f} times faster than HuggingFace's T5; clips at once: {clips}, "
        f"of {codes:,} codes; {rate['ours']:.0f} codes a second against {rate['T5']:.0f}, "
        f"after compiling for {compiling:.0f} s; {rate['plain']:.0f} in plain steps; the floor is "
        f"{clips * bandwidth / weights:.0f} ({weights / 1e6:.0f} MB of weights a step, "
        f"{bandwidth / 1e9:.1f} GB/s); {torch.get_num_threads()} threads, {clock} time"
    )
    return ratio


def main() -> int:
    """Run the comparisons. Return 0 if the claim is true."""
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
