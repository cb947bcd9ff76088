"""The command `import-checkpoint`."""

from pathlib import Path

from jukedrummer.config import ModelKind, Part
from jukedrummer.errors import UserError


def import_checkpoint(
    *,
    output: Path,
    file: Path | None = None,
    kind: ModelKind | None = None,
    part: Part | None = None,
    bundle: Path | None = None,
) -> str:
    """Convert the authors' released files to models of this package. No code in them is executed.

    One file: jukedrummer import-checkpoint --kind lm exp1.pkl --output imported/lm

    A bundle: jukedrummer import-checkpoint --bundle released --output results/lm_released

    Args:
        output: Folder to write.
        file: One released file; --kind is needed too.
        kind: Kind of the file: vqvae (vq1_*.pkl), lm (exp*.pkl), vocoder (generator),
            tracker (RNNBeatProc.pth).
        part: For a vqvae: its part, if the number of codes does not determine it.
        bundle: Folder with the released files, to make a bundle for jukedrummer accompany.

    Raises:
        UserError: options do not go together, or a file is not usable.
    """
    from jukedrummer.foreign.import_bundle import import_bundle
    from jukedrummer.foreign.import_model import import_model

    if bundle:
        if file or kind or part:
            raise UserError("--bundle takes the whole folder: leave FILE, --kind and --part out")
        import_bundle(bundle, output)
        return f"Play with it: jukedrummer accompany song.wav --model {output} --output out"
    if not (file and kind):
        raise UserError("name a FILE and its --kind, or a folder with --bundle")
    if part and kind != "vqvae":
        raise UserError(f"--part names one of the two VQ-VAEs; leave it out with --kind {kind}")
    info = import_model(kind, file, output, part)
    return f"{output}: {info.kind} of {info.parameters:,} parameters"
