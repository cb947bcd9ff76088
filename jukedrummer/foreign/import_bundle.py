"""Makes a bundle from a folder of the authors' released files. No code in them is executed."""

from dataclasses import dataclass
from pathlib import Path

from torch import nn
from tqdm import tqdm

from jukedrummer.beats.representations import representation
from jukedrummer.beats.trackers.drum_aware import DrumAwareConfig
from jukedrummer.beats.trackers.madmom import MadmomConfig
from jukedrummer.config import BeatsConfig, GenerateConfig, MelConfig, ModelKind, Part
from jukedrummer.errors import UserError
from jukedrummer.foreign.import_model import convert_file
from jukedrummer.model.vocoders.griffin_lim import GriffinLim, GriffinLimConfig
from jukedrummer.songs.bundle import describe_bundle
from jukedrummer.songs.drummer import Drummer
from jukedrummer.storage.files import atomic_folder, sha256, write_json, write_text
from jukedrummer.storage.weights import ModelInfo, describe, save_weights

Models = dict[str, tuple[nn.Module, ModelInfo]]


@dataclass(frozen=True)
class ReleasedFile:
    """A released file, an input of a bundle.

    Attributes:
        kind: kind of its network.
        pattern: pattern of its released name.
        part: part of a VQ-VAE.
        needed: whether a bundle needs it.
    """

    kind: ModelKind
    pattern: str
    part: Part | None = None
    needed: bool = True


RELEASED_FILES = {
    "drums": ReleasedFile("vqvae", "*target*.pkl", "drums"),
    "drumless": ReleasedFile("vqvae", "*others*.pkl", "drumless"),
    "lm": ReleasedFile("lm", "exp*.pkl"),
    "vocoder": ReleasedFile("vocoder", "g*", needed=False),
    "tracker": ReleasedFile("tracker", "RNNBeatProc*.pth", needed=False),
}

MODEL_CARD = """# {name}

Generates drums for recordings: the authors' released JukeDrummer (ISMIR 2022), imported.

    jukedrummer accompany song.wav --model {name} --output out

| part | file | SHA-256 |
| --- | --- | --- |
{rows}

The authors' files have no licence of their own. Ask the authors before you pass this folder on.
{notes}
"""


def import_bundle(source: Path, output: Path) -> None:
    """Make a bundle from a folder with the released files.

    It needs `vq1_target.pkl`, `vq1_others.pkl` and one `exp*.pkl`. Without `generator`, the
    bundle's vocoder is Griffin-Lim. Without `RNNBeatProc.pth`, its beat tracker is madmom. A
    language model that was trained on the embeddings of the authors' tracker (beats: low) needs
    `RNNBeatProc.pth`.

    Args:
        source: the folder.
        output: the bundle, which is written atomically.

    Raises:
        UserError: a file is missing, there are several of one kind, or they do not belong together.
    """
    files = find_released(source)
    models = {
        name: convert_file(RELEASED_FILES[name].kind, file, RELEASED_FILES[name].part)
        for name, file in tqdm(files.items(), desc="importing", unit="file")
    }
    notes = []
    if "vocoder" not in models:
        models["vocoder"] = _griffin_lim(models["lm"][1].mel_config)
        notes.append("There was no vocoder: Griffin-Lim makes the waveform.")
    if "tracker" not in models:
        if representation(models["lm"][1].section.beats).needs_embedding:
            raise UserError(
                f"{source}: {files['lm'].name} was trained on the embeddings of the authors' beat "
                "tracker; RNNBeatProc.pth is missing"
            )
        notes.append(
            "There was no beat tracker: madmom tracks the beats (its networks are CC BY-NC-SA 4.0)."
        )
    for note in notes:
        tqdm.write(f"{source}: {note}")
    with atomic_folder(output) as folder:
        _write_bundle(folder, models)
        write_text(folder / "README.md", _card(output.name, files, notes))
        Drummer.load(folder)  # which checks that the models belong together


def find_released(source: Path) -> dict[str, Path]:
    """The released files in a folder, by the name of the model.

    Raises:
        UserError: there is no such folder, a needed file is missing, or there are several of one
            kind.
    """
    if not source.is_dir():
        raise UserError(f"{source}: no such folder; expected one with the authors' released files")
    files = {}
    for name, released in RELEASED_FILES.items():
        paths = sorted(path for path in source.glob(released.pattern) if path.is_file())
        if len(paths) > 1:
            names = ", ".join(path.name for path in paths)
            raise UserError(
                f"{source}: holds {names}; a bundle has one {released.kind}: leave one there"
            )
        if released.needed and not paths:
            others = ", ".join(sorted(path.name for path in source.iterdir())[:8]) or "nothing"
            raise UserError(
                f"{source}: has no {released.pattern}, the {released.kind}; it holds {others}"
            )
        if paths:
            files[name] = paths[0]
    return files


def _griffin_lim(mel: MelConfig) -> tuple[nn.Module, ModelInfo]:
    config = GriffinLimConfig()
    info = describe(
        "vocoder", config, mel, sizes={}, step=0, metrics={}, data_sha256="nothing to train"
    )
    return GriffinLim(config, mel), info


def _write_bundle(folder: Path, models: Models) -> None:
    """Write the weights and `drummer.json`."""
    for name, (model, _) in models.items():
        save_weights(folder / f"{name}.safetensors", model)
    beats: BeatsConfig = MadmomConfig(min_bpm=60.0, num_tempi=80)
    if "tracker" in models:  # because madmom's activations are lower
        beats = DrumAwareConfig(threshold=0.65, min_bpm=60.0, num_tempi=80)
    infos = {name: info for name, (_, info) in models.items()}
    write_json(folder / "drummer.json", describe_bundle(folder, infos, beats, GenerateConfig()))


def _card(name: str, files: dict[str, Path], notes: list[str]) -> str:
    """The text of the bundle's README.md."""
    rows = "\n".join(f"| {part} | {file.name} | {sha256(file)} |" for part, file in files.items())
    return MODEL_CARD.format(name=name, rows=rows, notes="\n".join(notes))
