"""The authors' released files to models and bundles of ours; nothing in a file is executed."""

from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from torch import nn
from tqdm import tqdm

from jukedrummer.config import BeatsConfig, GenerateConfig, Kind, MelConfig, Part, VocoderConfig
from jukedrummer.errors import UserError
from jukedrummer.foreign import read_checkpoint
from jukedrummer.model.vocoder import make_vocoder
from jukedrummer.songs.drummer import Drummer
from jukedrummer.stages.bundle import describe_bundle
from jukedrummer.storage.files import atomic_folder, sha256, write_json, write_text
from jukedrummer.storage.weights import ModelInfo, describe, save_model, save_weights


@dataclass(frozen=True)
class Source:
    """A file that a bundle may be made of."""

    kind: Kind
    pattern: str  # of its name as the authors released it
    part: Part | None = None
    needed: bool = True


SOURCES = {
    "drums": Source("vqvae", "*target*.pkl", "drums"),
    "drumless": Source("vqvae", "*others*.pkl", "drumless"),
    "lm": Source("lm", "exp*.pkl"),
    "vocoder": Source("vocoder", "g*", needed=False),
    "tracker": Source("tracker", "RNNBeatProc*.pth", needed=False),
}

CARD = """# {name}

Plays drums along with recordings: the authors' released JukeDrummer (ISMIR 2022), imported.

    jukedrummer accompany song.wav --model {name} --output out

| part | file | SHA-256 |
| --- | --- | --- |
{rows}

The authors' files come without a licence of their own: ask them before you pass this folder on.
{notes}
"""


def import_checkpoint(kind: Kind, file: Path, output: Path, part: Part | None = None) -> ModelInfo:
    """Write the model of one released file to the folder `output`: as a training writes it.

    Args:
        kind: what the file holds.
        part: of a VQ-VAE, where its name and size do not tell.

    Returns:
        Its description.

    Raises:
        UserError: the file is missing, cut off, of another kind, or would run code; nothing is written.
    """
    model, info = _read(kind, file, part)
    with atomic_folder(output) as folder:
        save_model(folder, model, info)
        write_text(folder / "history.csv", "step,seconds\n")  # a model of the workflow has one
    return info


def _read(kind: Kind, file: Path, part: Part | None) -> tuple[nn.Module, ModelInfo]:
    convert = import_module(f"jukedrummer.foreign.{kind}").convert
    model, info = convert(read_checkpoint(file), str(file))
    parameters = sum(value.numel() for value in model.parameters())
    info = replace(
        info,
        part=part or info.part,
        data_sha256=f"imported from {file.name}",
        parameters=parameters,
    )
    return model, info


def import_bundle(source: Path, output: Path) -> None:
    """Make a bundle that plays of a folder with the released files.

    Needed are `vq1_target.pkl`, `vq1_others.pkl` and one `exp*.pkl`. Without a `generator` the bundle
    sounds through Griffin-Lim. Without `RNNBeatProc.pth` it hears the beat with madmom, which will not do for
    a language model that was trained on the tracker's embeddings (beats: low).

    Args:
        source: the folder.
        output: the bundle; whole or not at all.

    Raises:
        UserError: a file is missing, there are several, or they do not belong together.
    """
    found = {name: _find(source, wanted) for name, wanted in SOURCES.items()}
    files = {name: file for name, file in found.items() if file}
    made = {}
    for name, file in tqdm(files.items(), desc="importing", unit="file"):
        made[name] = _read(SOURCES[name].kind, file, SOURCES[name].part)
    notes = []
    if "vocoder" not in made:
        made["vocoder"] = _griffin_lim(made["lm"][1].mel_config)
        notes.append("There was no vocoder: Griffin-Lim makes the sound.")
    if "tracker" not in made:
        if made["lm"][1].config["beats"] == "low":
            raise UserError(
                f"{source}: {files['lm'].name} was trained on the embeddings of the authors' beat tracker; "
                "RNNBeatProc.pth is missing"
            )
        notes.append(
            "There was no beat tracker: madmom hears the beat (its networks are CC BY-NC-SA 4.0)."
        )
    for note in notes:
        tqdm.write(f"{source}: {note}")
    with atomic_folder(output) as folder:
        _write_bundle(folder, output.name, files, made, notes)
        Drummer.load(folder)  # the models' own checks that they belong together


def _find(source: Path, wanted: Source) -> Path | None:
    if not source.is_dir():
        raise UserError(f"{source}: no such folder; expected one with the authors' released files")
    found = sorted(path for path in source.glob(wanted.pattern) if path.is_file())
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise UserError(
            f"{source}: holds {names}; a bundle has one {wanted.kind}: leave one of them there"
        )
    if wanted.needed and not found:
        there = ", ".join(sorted(path.name for path in source.iterdir())[:8]) or "nothing"
        raise UserError(f"{source}: has no {wanted.pattern}, the {wanted.kind}; it holds {there}")
    return found[0] if found else None


def _griffin_lim(mel: MelConfig) -> tuple[nn.Module, ModelInfo]:
    config = VocoderConfig(kind="griffin_lim")
    info = describe(
        "vocoder", config, mel, sizes={}, step=0, metrics={}, data_sha256="nothing to train"
    )
    return make_vocoder(config, mel), info


def _write_bundle(
    folder: Path,
    name: str,
    files: dict[str, Path],
    made: dict[str, tuple[nn.Module, ModelInfo]],
    notes: list[str],
) -> None:
    for part, (model, _) in made.items():
        save_weights(folder / f"{part}.safetensors", model)
    beats = BeatsConfig(min_bpm=60.0, num_tempi=80)
    if "tracker" in made:
        beats = replace(
            beats, tracker="drum_aware", threshold=0.65
        )  # madmom's activations are lower
    infos = {part: info for part, (_, info) in made.items()}
    write_json(folder / "drummer.json", describe_bundle(folder, infos, beats, GenerateConfig()))
    rows = "\n".join(f"| {part} | {file.name} | {sha256(file)} |" for part, file in files.items())
    write_text(folder / "README.md", CARD.format(name=name, rows=rows, notes="\n".join(notes)))
