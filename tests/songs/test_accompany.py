"""The command accompany: its options, and its warnings about the beats that the drums follow."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from jukedrummer.config import GenerateConfig
from jukedrummer.errors import UserError
from jukedrummer.model.lm import ListeningLMConfig
from jukedrummer.songs.accompany import accompany, beat_warnings
from tests.conftest import pulses
from tests.songs.helpers import bounds


@pytest.mark.parametrize(
    ("receives", "given", "beats", "warning"),
    [
        (
            {"beats": "high", "encoder": True},
            False,
            0,
            "no beat was found; the drums follow the recording alone",
        ),
        (
            {"beats": "high", "encoder": False},
            False,
            0,
            "no beat was found; the drums have nothing to follow",
        ),
        (
            {"beats": "high", "encoder": False},
            True,
            1,
            "one beat has no tempo; the drums have nothing to follow",
        ),
        ({"beats": "none", "encoder": True}, True, 8, "the beats you gave are ignored"),
        (
            {"beats": "none", "encoder": False},
            False,
            8,
            "receives neither the recording nor its beats",
        ),
        ({"beats": "none", "encoder": True}, False, 0, None),
        ({"beats": "high", "encoder": True}, False, 8, None),
    ],
)
def test_warnings_name_the_input_that_the_drums_follow(
    receives: dict, given: bool, beats: int, warning: str | None
) -> None:
    lm = ListeningLMConfig(**receives)
    warnings = list(beat_warnings(lm, np.zeros((beats, 2)), 0.5, given))
    assert (len(warnings) == 1 and warning in warnings[0]) if warning else warnings == []


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ({"top_p": 7.0}, "--top-p is 7.0; the limits are 0.01 to 1"),
        ({"seed": -1}, "--seed is -1; the limits are 0 to"),
        ({"device": "gpu"}, "--device is 'gpu'; choose cpu or cuda"),
        ({"meter": 3}, "--meter"),
    ],
)
def test_errors_name_the_options_as_they_are_typed(
    bundle: Path, tmp_path: Path, option: dict, reason: str
) -> None:
    soundfile.write(tmp_path / "song.wav", pulses(2.0, 8_000), 8_000)
    with pytest.raises(UserError, match=reason):
        accompany(tmp_path / "song.wav", bundle, tmp_path / "out", **{"device": "cpu"} | option)
    assert not (tmp_path / "out").exists()


def write_song(path: Path) -> bytes:
    soundfile.write(path, pulses(2.0, 8_000), 8_000)
    return path.read_bytes()


@pytest.mark.parametrize("name", ["mix.wav", "drums.wav", "accompaniment.json"])
@pytest.mark.parametrize("force", [False, True])
def test_the_song_is_never_overwritten(
    bundle: Path, tmp_path: Path, name: str, force: bool
) -> None:
    content = write_song(tmp_path / "song.wav")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=rf"{name}: is the input .*, which would be overwritten"):
        accompany(tmp_path / name, bundle, tmp_path, device="cpu", force=force)
    assert (tmp_path / name).read_bytes() == content
    assert len(list(tmp_path.iterdir())) == 2


def test_given_beats_are_never_overwritten(bundle: Path, tmp_path: Path) -> None:
    write_song(tmp_path / "song.wav")
    out = tmp_path / "out"
    out.mkdir()
    for name in ("beats.tsv", "accompaniment.json"):
        (out / name).write_text("0.5\t1\n1.0   2\n1.5 3\n")
    with pytest.raises(UserError, match=r"accompaniment\.json: is the input"):
        accompany(tmp_path / "song.wav", bundle, out, beats=out / "accompaniment.json", force=True)
    (out / "accompaniment.json").unlink()
    accompany(tmp_path / "song.wav", bundle, out, beats=out / "beats.tsv", device="cpu")
    assert (out / "beats.tsv").read_text() == "0.5\t1\n1.0   2\n1.5 3\n"
    assert (out / "drums.wav").is_file()


def test_files_of_an_earlier_run_are_replaced_with_force_only(bundle: Path, tmp_path: Path) -> None:
    write_song(tmp_path / "song.wav")
    out = tmp_path / "out"
    accompany(tmp_path / "song.wav", bundle, out, seed=1, device="cpu")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(UserError, match=r"out: has drums.wav, mix.wav, beats.tsv and 2 more files"):
        accompany(tmp_path / "song.wav", tmp_path / "no bundle", out, seed=2)  # before it is read
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    accompany(tmp_path / "song.wav", bundle, out, seed=2, device="cpu", force=True)
    assert (out / "drums.wav").read_bytes() != before["drums.wav"]
    assert {path.name for path in out.iterdir()} == set(before)


@pytest.mark.parametrize("option", ["temperature", "top_p", "guidance"])
def test_the_help_states_the_limits_of_the_config(option: str) -> None:
    low, high = bounds(GenerateConfig, option)
    assert f"{option}: {low:g} to {high:g};" in accompany.__doc__


@pytest.mark.parametrize("module", ["accompany", "beats"])
def test_the_commands_load_nothing_heavy_before_they_run(module: str) -> None:
    code = (
        f"import sys, jukedrummer.songs.{module}; "
        "print({'torch', 'matplotlib', 'scipy', 'pandas'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
