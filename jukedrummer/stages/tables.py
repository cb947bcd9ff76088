"""Stage tables: all experiments and seeds -> the paper's comparison."""

from pathlib import Path

from jukedrummer.stages._shared import COMMAND


def tables(
    lm: list[Path],
    *,
    evaluation: list[Path],
    vqvae: list[Path],
    output: Path,
    command: str = COMMAND,
) -> None:
    """Write the paper's comparison: reconstruction, prediction and rhythm, means over seeds.

    The rhythm is also written by tracked beats, style and tempo.

    Args:
        lm: Folder of a language model, named like its run; repeat.
        evaluation: Folder from the stage evaluate, in the order of the language models; repeat.
        vqvae: Folder of a VQ-VAE; repeat.
        output: Folder for the tables' files.
        command: The shell command that makes results, up to its targets.

    Raises:
        UserError: a missing file, or evaluations of other runs or of different songs.
    """
    from jukedrummer.report.comparison import write_comparison
    from jukedrummer.report.rhythm_parts import write_rhythm_parts

    write_comparison(lm, evaluation, vqvae, output, command)
    write_rhythm_parts(evaluation, output, command)
