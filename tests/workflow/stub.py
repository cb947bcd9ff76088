"""Replaces the package's command line: makes each rule's outputs at once and logs each call.

HANG_IN is a subcommand that makes only its first output, then waits until it is killed.
"""

import os
import sys
import time
from pathlib import Path

MODEL = ("weights.safetensors", "model.json", "history.csv")
INSPECTION = ("corpus.html", "corpus.md", "songs.tsv", "rejected.tsv")
TABLE = (".html", ".md", ".tex", ".tsv", ".svg", ".png", "_songs.tsv")


def main() -> None:
    subcommand, arguments = sys.argv[1], sys.argv[2:]
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    output = Path(options["--output"])
    outputs = [output]
    if subcommand.startswith("train_"):
        outputs = [output / name for name in MODEL]
    elif subcommand == "features":
        outputs.append(output.with_suffix(".tsv"))
        outputs.append(output.with_name(f"{output.stem}_rejected.tsv"))
    elif subcommand == "inspect":
        outputs = [output / name for name in INSPECTION]
    elif subcommand in ("beat_tracking", "transcription"):
        outputs = [output / f"{subcommand}{ending}" for ending in TABLE]
    elif subcommand in ("corpus", "split", "pairs", "generate", "baselines", "evaluate", "bundle"):
        outputs = [output / "table.tsv"]
    for path in outputs:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(subcommand)
        if subcommand == os.environ.get("HANG_IN"):
            Path("hanging").touch()
            time.sleep(600)
    with open("calls.txt", "a") as calls:
        print(subcommand, file=calls)


main()
