"""A small random demucs model, as a folder that the config can name; a machine without ffmpeg."""

from pathlib import Path

import pytest


def without_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """No program is found, ffmpeg included."""
    monkeypatch.setenv("PATH", "")


def write_tiny_demucs(folder: Path) -> Path:
    """A random HTDemucs of 0.3 M parameters: the model `tiny`, and the bags `bag` and `lost`."""
    import torch
    from demucs.htdemucs import HTDemucs
    from demucs.states import get_state, save_with_checksum

    torch.manual_seed(0)
    options = {
        "sources": ["bass", "drums", "other"],
        "channels": 8,
        "depth": 4,
        "t_layers": 1,
        "segment": 2,
    }
    model = HTDemucs(**options)
    content = {"klass": HTDemucs, "args": (), "kwargs": options, "training_args": {}}
    save_with_checksum(content | {"state": get_state(model, None)}, folder / "tiny.th")
    (folder / "bag.yaml").write_text("models: [tiny]\n")
    (folder / "lost.yaml").write_text("models: [gone]\n")
    return folder
