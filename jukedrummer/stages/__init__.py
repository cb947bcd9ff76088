"""The stages of the workflow, one file each: paths in, files out.

A stage's file, function, rule, subcommand and folder of logs have the same name. `cli.py` makes the
subcommand from the function's signature and docstring. A parameter whose type is a section of the
config is read from `--config`. Every other parameter is an option. The packages below do the work.
They are imported inside the functions to keep `--help` fast.
"""

from jukedrummer.registry import Registry

STAGES = Registry(
    "stage",
    "jukedrummer.stages",
    first=(
        "download",
        "corpus",
        "fingerprints",
        "split",
        "pairs",
        "rejected",
        "census",
        "inspect",
        "train_tracker",
        "train_transcriber",
        "features",
        "train_vqvae",
        "train_vocoder",
        "codes",
        "train_lm",
        "generate",
        "baselines",
        "evaluate",
        "bundle",
        "tables",
        "beat_tracking",
        "transcription",
    ),
)
