"""A new kind needs one new file: toys are added to a copy of the package, and all is run."""

import json
import re

import pytest

from jukedrummer.corpus.manifest import read_songs
from tests.workflow.workspaces import Workspace, copy_workflow

pytestmark = [pytest.mark.slow, pytest.mark.long]

SOURCE = '''
"""Songs of one level, written as noise and clicks."""

from pathlib import Path
from typing import Literal

import numpy as np
import soundfile

from jukedrummer.config import SourceConfig, key
from jukedrummer.corpus.song import SourceSong, Stem


class ToyConfig(SourceConfig):
    """Clicks over a tone."""

    may_repeat = False
    kind: Literal["toy"] = "toy"
    count: int = key(6, "songs to write", 3, 100)


def songs(config, work):
    """Write the songs."""
    return (write(work.folder / f"toy_{index}", index) for index in range(config.count))


def write(folder: Path, index: int) -> SourceSong:
    """One song of eight seconds at 120 beats a minute."""
    folder.mkdir(parents=True, exist_ok=True)
    time = np.arange(8 * 44_100) / 44_100
    beat = np.exp(-20 * (time % 0.5))
    noise = np.random.default_rng(index).standard_normal(len(time))
    tone = np.sin(2 * np.pi * 110 * (1 + index % 3) * time) * np.exp(-3 * (time % 2.0))
    soundfile.write(folder / "drums.wav", 0.2 * beat * noise, 44_100)
    soundfile.write(folder / "bass.wav", 0.4 * tone, 44_100)
    lines = [f"{0.5 * n:.6f}\\t{n % 4 + 1}\\n" for n in range(16)]
    (folder / "beats.tsv").write_text("".join(lines))
    split = ("train", "train", "valid", "test")[index % 4] if index else "test"
    stems = Stem("drums", folder / "drums.wav"), Stem("other", folder / "bass.wav")
    return SourceSong(f"toy_{index}", stems, split=split, beats=folder / "beats.tsv")


Config = ToyConfig
'''

METRIC = '''
"""How loud drums are."""

import numpy as np

from jukedrummer.evaluation.metrics import Metric, Track


def loudness(track: Track) -> float:
    """Root mean square, decibel of full scale."""
    return float(20 * np.log10(np.sqrt(np.mean(track.audio**2)) + 1e-6))


METRICS = (Metric("toy_loudness", "Toy loudness", "dB", None, 1, "root mean square", loudness),)
'''

VOCODER = '''
"""A vocoder of one convolution."""

from typing import Literal

import torch
from torch import Tensor, nn

from jukedrummer.config import MelConfig, TrainedVocoderConfig, key


class ToyConfig(TrainedVocoderConfig):
    """One convolution."""

    kind: Literal["toy"] = "toy"
    taps: int = key(3, "frames that a sample depends on", 1, 31)


class Toy(nn.Module):
    """(B, F, M) to (B, M * hop)."""

    def __init__(self, config: ToyConfig, mel: MelConfig) -> None:
        super().__init__()
        self.layer = nn.Conv1d(mel.bands, mel.hop, config.taps, padding=config.taps // 2)
        self.margin = config.taps

    def forward(self, mel: Tensor) -> Tensor:
        return torch.tanh(self.layer(mel)).transpose(1, 2).flatten(1)


Config, build = ToyConfig, Toy
'''

REPRESENTATION = '''
"""Whether a code holds a downbeat."""

import numpy as np

from jukedrummer.beats.representations import Array, CodeGrid, Representation
from jukedrummer.beats.tracker import Tracked


def downbeats(tracked: Tracked, grid: CodeGrid) -> np.ndarray:
    """(L,) 1 where a downbeat lies."""
    seconds = tracked.beats[tracked.beats[:, 1] == 1, 0]
    result = np.zeros(grid.codes, dtype=np.uint8)
    result[grid.inside(seconds)[1]] = 1
    return result


REPRESENTATION = Representation(
    "downbeats alone", (Array("toy_downbeats", downbeats, "uint8", classes=2),)
)
'''

FILES = {
    "corpus/sources/toy.py": SOURCE,
    "evaluation/metrics/toy.py": METRIC,
    "model/vocoders/toy.py": VOCODER,
    "beats/representations/toy.py": REPRESENTATION,
}
TOYS = {
    "results": "toy",
    "corpus": {"sources": [{"kind": "toy", "split": "official", "count": 6}], "shards": 1},
    "beats": {"tracker": "drum_aware"},  # is trained on the songs of the toy source
    "vocoder": {"kind": "toy", "taps": 5, "optim": {"steps": 4, "validate_every": 4}},
}
CONFIG = ("--configfile", "config/smoke.yaml", "toys.yaml", "--")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy of the package with the toys, and the bundle of the experiment beat_toy."""
    workspace = copy_workflow(tmp_path_factory.mktemp("toys"))
    for name, text in FILES.items():
        path = workspace.root / "jukedrummer" / name
        assert not path.exists()
        path.write_text(text.lstrip())
    (workspace.root / "toys.yaml").write_text(json.dumps(TOYS))
    result = workspace.snakemake(*CONFIG, "toy/lm_beat_toy")
    assert result.returncode == 0, result.stdout[-4_000:]
    return workspace


def test_the_source_made_the_songs(played):
    songs = [song.song for song in read_songs(played.root / "toy/corpus/0.tsv")]
    assert songs == [f"toy_{index}" for index in range(6)]


def test_the_metric_is_in_metrics_tables_page_and_card(played):
    bundle = played.root / "toy/lm_beat_toy"
    rungs = json.loads((bundle / "metrics.json").read_text())["rungs"]
    assert rungs["silence"]["toy_loudness"]["mean"] == pytest.approx(-120)
    assert -80 < rungs["real"]["toy_loudness"]["mean"] < 0
    header = (played.root / "toy/evaluation/beat_toy/songs.tsv").read_text().splitlines()[0]
    assert "toy_loudness" in header.split("\t")
    assert "Toy loudness" in (bundle / "report.html").read_text()
    assert re.search(r"^\| Toy loudness", (bundle / "README.md").read_text(), re.MULTILINE)


def test_the_vocoder_and_the_representation_are_in_the_bundle(played):
    models = json.loads((played.root / "toy/lm_beat_toy/drummer.json").read_text())["models"]
    assert models["vocoder"]["config"]["kind"] == "toy"
    assert models["vocoder"]["config"]["taps"] == 5
    assert models["lm"]["config"]["beats"] == "toy"
    assert "downbeats alone" in (played.root / "toy/lm_beat_toy/report.html").read_text()


def test_the_trained_tracker_is_in_the_bundle(played):
    bundle = played.root / "toy/lm_beat_toy"
    assert len(list(bundle.glob("*.safetensors"))) == 5
    trained = (played.root / "toy/tracker/weights.safetensors").read_bytes()
    assert (bundle / "tracker.safetensors").read_bytes() == trained


def test_the_experiments_follow_from_the_representations(played):
    planned = played.planned(*CONFIG, "toy/lm_noenc_beat_toy")
    assert planned == {"train_lm": 1, "generate": 1, "evaluate": 1, "bundle": 1}
