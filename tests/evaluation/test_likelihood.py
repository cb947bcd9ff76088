"""Every code is scored once, by the right window."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from jukedrummer.config import LM, PARTS, ClipConfig, LMConfig, parse_kind
from jukedrummer.evaluation.likelihood import (
    CONDITIONS,
    TRUE_INPUT,
    conditions_of,
    other_song,
    predict,
    scoring_windows,
)
from jukedrummer.model.conditions import Conditions
from jukedrummer.storage.files import sha256
from jukedrummer.storage.shards import AlignedClips, write_shard

CODEBOOK = 4
CLIP = ClipConfig(frames=128, frames_per_code=4)
SONGS = ("a", "a", "b")


def config(context: int, **changes: object) -> LMConfig:
    values = {"context": context, "beats": "mid", "width": 16, "heads": 2, **changes}
    return parse_kind(LM, values, "lm")


class Counting:
    """A model whose logits depend on all codes of the window before, and on the conditions."""

    compiles = False

    def __init__(self, context: int) -> None:
        self.config = config(context)

    def __call__(
        self, codes: Tensor, conditions: Conditions, audio_mask: Tensor, beat_mask: Tensor
    ) -> Tensor:
        before = codes.cumsum(1) - codes
        place = torch.arange(codes.shape[1])
        recording = conditions.drumless_codes * audio_mask[:, None]
        beats = conditions.beats["mid"] * beat_mask[:, None]
        state = (before + 2 * place + 3 * recording + 5 * beats) % 7
        return torch.sin((state[..., None] + 1.0) * (torch.arange(CODEBOOK) + 1))

    def parameters(self, recurse: bool = True) -> Iterator[nn.Parameter]:
        yield nn.Parameter(torch.zeros(1))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> AlignedClips:
    """Three clips of two songs, with random codes."""
    folder = tmp_path_factory.mktemp("shards")
    random = np.random.default_rng(0)
    features, codes = folder / "features.h5", folder / "codes.h5"
    with write_shard(features, "features", {}) as writer:
        for song in SONGS:
            mel = random.normal(size=(8, CLIP.frames)).astype(np.float16)
            beats = random.integers(2, size=CLIP.codes).astype(np.uint8)
            names = {"song": song, "split": "test", "start": 0}
            writer.append({"drumless_mel": mel, "mid": beats, **names})
    with write_shard(codes, "codes", {"features_sha256": sha256(features)}) as writer:
        for song in SONGS:
            parts = {
                part: random.integers(CODEBOOK, size=CLIP.codes).astype(np.uint16) for part in PARTS
            }
            writer.append({**parts, "song": song, "split": "test", "start": 0})
    return AlignedClips([features], [codes], "test")


@settings(deadline=None)
@given(codes=st.integers(1, 300), context=st.integers(1, 300))
def test_every_code_is_scored_once(codes: int, context: int) -> None:
    scored: list[int] = []
    for window in scoring_windows(codes, context):
        assert window.length == min(codes, context)
        assert 0 <= window.start <= window.scored < window.start + window.length <= codes
        scored += range(window.scored, window.start + window.length)
        # Three quarters of a context before it, or all earlier codes.
        assert window.scored - window.start >= min(window.scored, context - max(1, context // 4))
    assert scored == list(range(codes))


@pytest.mark.parametrize("contexts", [(8, 16), (8, 32), (16, 1_000)])
def test_contexts_compare_on_the_same_codes(contexts: tuple[int, int]) -> None:
    counts = [
        sum(window.start + window.length - window.scored for window in scoring_windows(32, context))
        for context in contexts
    ]
    assert counts == [32, 32]


def slow_scores(model: Counting, clips: AlignedClips, index: int, other: int, name: str) -> list:
    """Bits and hit of each code of a clip, with one call for each code."""
    condition, context = CONDITIONS[name], min(CLIP.codes, model.config.context)
    hop = max(1, model.config.context // 4)
    starts = sorted({*range(0, CLIP.codes - context, hop), CLIP.codes - context})
    recording = other if condition.drumless == "other" else index
    beats_of = other if condition.beats == "other" else index
    scores = []
    for code in range(CLIP.codes):
        start = next(start for start in starts if start + context > code)
        drums, mel, *_ = clips.example(index, start, context, CLIP.frames_per_code, ["mid"])
        drumless = clips.example(recording, start, context, CLIP.frames_per_code, ["mid"])[2]
        beats = clips.example(beats_of, start, context, CLIP.frames_per_code, ["mid"])[3]
        given = Conditions(
            torch.from_numpy(mel)[None],
            torch.from_numpy(drumless)[None],
            {"mid": torch.from_numpy(beats)[None]},
        )
        masks = (torch.tensor([part != "none"]) for part in (condition.drumless, condition.beats))
        logits = model(torch.from_numpy(drums)[None], given, *masks)[0, code - start]
        truth = int(drums[code - start])
        bits = -float(logits.log_softmax(-1)[truth]) / math.log(2)
        scores.append((bits, float(int(logits.argmax()) == truth)))
    return scores


@pytest.mark.parametrize("context", [8, 10, 32, 100])
def test_predictions_are_those_of_one_code_at_a_time(clips: AlignedClips, context: int) -> None:
    model = Counting(context)
    predictions = predict(model, clips, CLIP, tuple(CONDITIONS))
    for name in CONDITIONS:
        scores = [
            np.mean(slow_scores(model, clips, index, other_song(list(SONGS), index), name), axis=0)
            for index in range(len(SONGS))
        ]
        a, b = np.mean(scores[:2], axis=0), scores[2]
        for place, values in enumerate((predictions.bits, predictions.accuracy)):
            assert values[name] == pytest.approx({"a": a[place], "b": b[place]}, abs=1e-6)


def test_each_condition_changes_the_score(clips: AlignedClips) -> None:
    bits = predict(Counting(16), clips, CLIP, tuple(CONDITIONS)).bits
    assert len({values["a"] for values in bits.values()}) == len(CONDITIONS)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, list(CONDITIONS)),
        ({"encoder": False}, [TRUE_INPUT, "other_beats", "no_beats"]),
        ({"beats": "none"}, [TRUE_INPUT, "other_drumless", "no_drumless"]),
        ({"encoder": False, "beats": "none"}, [TRUE_INPUT]),
        ({"drop_drumless": 0.0}, [TRUE_INPUT, "other_drumless", "other_beats", "no_beats"]),
        ({"drop_beats": 0.0}, [TRUE_INPUT, "other_drumless", "no_drumless", "other_beats"]),
    ],
)
def test_conditions_concern_what_the_model_receives(
    changes: dict[str, object], expected: list[str]
) -> None:
    assert list(conditions_of(config(16, **changes))) == expected
