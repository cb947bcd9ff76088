"""The files of a take: levels, stems, earlier takes, and what is never overwritten."""

import json
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
import rpp
import soundfile

from jukedrummer.audio.loudness import LoudnessMeter
from jukedrummer.beats.annotations import read_beats, regular_beats
from jukedrummer.beats.bar_grid import bar_grid
from jukedrummer.errors import UserError
from jukedrummer.kits.kit import KIT_STEMS
from jukedrummer.model.drum_score import Strokes
from jukedrummer.songs.levels import DRUM_LEVEL, FILE_PEAK
from jukedrummer.songs.locking import SEAM_SECONDS, lock_strokes, locked_spans
from jukedrummer.songs.score_table import read_score_table
from jukedrummer.songs.sounding import PlayedScore, read_earlier_take
from jukedrummer.songs.take import PlayedAudio, Take, write_take
from tests.kits.helpers import NoiseKit, groove, strokes_of

RATE, SECONDS = 22_050, 12.0
BEATS = regular_beats(120, 4, 0.37, SECONDS)
FILES = [
    "accompaniment.json",
    "beats.tsv",
    "drums.mid",
    "drums.wav",
    "mix.wav",
    "score.tsv",
    "song.rpp",
    *(f"stems/{stem}.wav" for stem in sorted(KIT_STEMS)),
]


def song(folder: Path, gain: float = 0.1, channels: int = 2) -> tuple[Path, np.ndarray]:
    """A recording of noise."""
    noise = np.random.default_rng(5).uniform(-gain, gain, (int(SECONDS * RATE), channels))
    path = folder / "song.wav"
    soundfile.write(path, noise.astype(np.float32), RATE, subtype="FLOAT")
    return path, noise.astype(np.float32)


def take(folder: Path, strokes: Strokes, gain: float = 0.1, channels: int = 2, **more) -> Take:
    path, recording = song(folder, gain, channels)
    score = PlayedScore(strokes, NoiseKit(RATE), **more)
    return Take(path, recording, RATE, BEATS, score, {"seed": 3})


def samples(path: Path) -> np.ndarray:
    """The samples as whole numbers of 24 bits: (n, channels)."""
    return soundfile.read(path, dtype="int32", always_2d=True)[0] >> 8


def lufs(wave: np.ndarray) -> float:
    meter = LoudnessMeter(RATE, wave.shape[1])
    meter.add(wave)
    return meter.lufs()


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_take_has_all_files_and_they_agree(tmp_path: Path) -> None:
    strokes = groove(SECONDS)
    write_take(tmp_path / "out", take(tmp_path, strokes))
    out = tmp_path / "out"
    assert files(out) == FILES
    assert len(list(out.iterdir())) == 8  # no hidden folder
    grid = bar_grid(read_beats(out / "beats.tsv"), SECONDS)
    assert read_score_table(out / "score.tsv", grid).times == pytest.approx(strokes.times, abs=1e-5)
    assert len(pretty_midi.PrettyMIDI(str(out / "drums.mid")).instruments[0].notes) == len(strokes)
    project = rpp.loads((out / "song.rpp").read_text())
    named = [track.find("./ITEM/SOURCE/FILE")[1] for track in project.findall("TRACK")]
    assert named == ["../song.wav", *(f"stems/{stem}.wav" for stem in KIT_STEMS), "drums.mid"]
    assert all((out / name).is_file() for name in named)


def test_the_stems_add_up_to_the_drums_bit_by_bit(tmp_path: Path) -> None:
    write_take(tmp_path / "out", take(tmp_path, groove(SECONDS), gain=0.9))
    stems = [samples(tmp_path / "out" / "stems" / f"{stem}.wav") for stem in KIT_STEMS]
    drums = samples(tmp_path / "out" / "drums.wav")
    assert all(stem.any() for stem in stems)
    assert (sum(stems) == drums).all()


@pytest.mark.parametrize("level", [0.0, -6.0])
def test_the_drums_have_their_level_beside_the_recording(tmp_path: Path, level: float) -> None:
    made = take(tmp_path, groove(SECONDS), gain=0.05, level=level)
    write_take(tmp_path / "out", made)
    drums, _ = soundfile.read(tmp_path / "out" / "drums.wav")
    assert lufs(drums) - lufs(made.recording) == pytest.approx(DRUM_LEVEL + level, abs=0.05)
    mix, _ = soundfile.read(tmp_path / "out" / "mix.wav")
    assert np.allclose(mix, made.recording + drums, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_beside_a_loud_recording_the_files_keep_headroom_and_the_mix_its_balance(
    tmp_path: Path, channels: int
) -> None:
    made = take(tmp_path, groove(SECONDS), gain=0.99, channels=channels)
    write_take(tmp_path / "out", made)
    drums, _ = soundfile.read(tmp_path / "out" / "drums.wav")
    mix, _ = soundfile.read(tmp_path / "out" / "mix.wav")
    assert np.abs(drums).max() == pytest.approx(FILE_PEAK, rel=0.01)
    assert np.abs(mix).max() == pytest.approx(1, abs=1e-3)
    gains = json.loads((tmp_path / "out" / "accompaniment.json").read_text())["gains"]
    recording = np.repeat(made.recording, 2, axis=1) if channels == 1 else made.recording
    assert mix.shape[1] == max(2, channels)
    played = np.pad(drums, ((0, 0), (0, mix.shape[1] - 2))) * gains["drums"]
    assert np.allclose(mix, (recording + played) * gains["mix"], atol=1e-5)
    assert lufs(played) - lufs(recording) == pytest.approx(DRUM_LEVEL, abs=0.05)
    project = rpp.loads((tmp_path / "out" / "song.rpp").read_text())
    faders = [float(track.find("VOLPAN")[1]) for track in project.findall("TRACK")]
    assert faders[:2] == pytest.approx([gains["mix"], gains["mix"] * gains["drums"]])


def test_a_score_without_strokes_is_silent(tmp_path: Path) -> None:
    made = take(tmp_path, strokes_of())
    write_take(tmp_path / "out", made)
    assert not samples(tmp_path / "out" / "drums.wav").any()
    mix, _ = soundfile.read(tmp_path / "out" / "mix.wav")
    assert np.allclose(mix, made.recording, atol=1e-6)


def test_the_same_take_has_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_take(tmp_path / name, take(tmp_path, groove(SECONDS)))
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_locked_bars_keep_their_samples_and_the_seams_do_not_click(tmp_path: Path) -> None:
    grid, bars = bar_grid(BEATS, SECONDS), frozenset({2, 3, 5})
    old, new = groove(SECONDS, seed=1), groove(SECONDS, seed=2)
    write_take(tmp_path / "old", take(tmp_path, old))
    strokes = lock_strokes(new, old, grid, bars)
    # "new" has the new take's own samples in all bars: the other source of the seams.
    for name, locked in (("out", bars), ("new", frozenset[int]())):
        earlier = read_earlier_take(tmp_path / "old", locked)
        write_take(tmp_path / name, take(tmp_path, strokes, earlier=earlier))
    spans = locked_spans(grid, bars, RATE, int(SECONDS * RATE))
    fade = round(SEAM_SECONDS * RATE)
    for name in ("drums.wav", *(name for name in FILES if name.startswith("stems"))):
        kept, made, other = (samples(tmp_path / f / name) for f in ("old", "out", "new"))
        for start, end in spans:
            assert (made[start:end] == kept[start:end]).all()
            for seam in (start, end):
                near = slice(max(0, seam - 2 * fade), seam + 2 * fade)
                largest = [np.abs(np.diff(w[near], axis=0)).max() for w in (made, kept, other)]
                assert largest[0] <= max(largest[1:]) + 2  # steps of 24 bits
    assert (
        samples(tmp_path / "out" / "drums.wav") != samples(tmp_path / "old" / "drums.wav")
    ).any()
    stems = [samples(tmp_path / "out" / "stems" / f"{stem}.wav") for stem in KIT_STEMS]
    assert (sum(stems) == samples(tmp_path / "out" / "drums.wav")).all()
    facts = [json.loads((tmp_path / f / "accompaniment.json").read_text()) for f in ("old", "out")]
    assert facts[0]["gains"]["kit"] == facts[1]["gains"]["kit"]


def test_earlier_takes_of_other_songs_or_without_a_score_are_rejected(tmp_path: Path) -> None:
    made = take(tmp_path, groove(SECONDS))
    write_take(tmp_path / "old", made)
    stem = tmp_path / "old" / "stems" / "hats.wav"
    soundfile.write(stem, np.zeros((100, 2)), RATE, subtype="PCM_24")
    earlier = read_earlier_take(tmp_path / "old", frozenset({1}))
    with pytest.raises(UserError, match=r"hats\.wav: has 100 samples at 22050 Hz in 2 channels"):
        write_take(tmp_path / "out", take(tmp_path, groove(SECONDS), earlier=earlier))
    assert not files(tmp_path / "out")
    (tmp_path / "old" / "accompaniment.json").write_text('{"mix_gain": 1}')
    with pytest.raises(UserError, match="has no gains of stems; was the take made without a score"):
        read_earlier_take(tmp_path / "old", frozenset({1}))


def audio_take(folder: Path) -> Take:
    path, recording = song(folder)
    sound = PlayedAudio(recording[:, 0] / 2, recording, 0.5)
    return Take(path, recording, RATE, BEATS, sound, {"seed": 3})


def test_drums_without_a_score_have_a_project_too(tmp_path: Path) -> None:
    write_take(tmp_path / "out", audio_take(tmp_path))
    names = ["accompaniment.json", "beats.tsv", "drums.wav", "mix.wav", "song.rpp"]
    assert files(tmp_path / "out") == names
    project = rpp.loads((tmp_path / "out" / "song.rpp").read_text())
    named = [track.find("./ITEM/SOURCE/FILE")[1] for track in project.findall("TRACK")]
    assert named == ["../song.wav", "drums.wav"]


def test_a_take_replaces_a_whole_earlier_one_with_force_only(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_take(out, take(tmp_path, groove(SECONDS)))
    (out / "notes.txt").write_text("mine")
    before = {name: (out / name).read_bytes() for name in files(out)}
    with pytest.raises(
        UserError, match=r"out: has drums\.wav, mix\.wav, stems/kick\.wav and 9 more"
    ):
        write_take(out, audio_take(tmp_path))
    assert {name: (out / name).read_bytes() for name in files(out)} == before
    write_take(out, audio_take(tmp_path), force=True)
    # Stems and score of the earlier take do not stay beside other drums.
    assert files(out) == [
        "accompaniment.json",
        "beats.tsv",
        "drums.wav",
        "mix.wav",
        "notes.txt",
        "song.rpp",
    ]


def test_given_beats_in_the_folder_stay_as_they_are(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "beats.tsv").write_text("0.37 1\n# mine\n")
    for force in (False, True):
        write_take(out, audio_take(tmp_path), given=out / "beats.tsv", force=force)
        assert (out / "beats.tsv").read_text() == "0.37 1\n# mine\n"


def test_a_failure_leaves_the_earlier_take(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_take(out, audio_take(tmp_path))
    before = {name: (out / name).read_bytes() for name in files(out)}
    bad = audio_take(tmp_path)
    bad.facts["seed"] = float("nan")
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_take(out, bad, force=True)
    assert {name: (out / name).read_bytes() for name in files(out)} == before
    assert len(list(out.iterdir())) == len(before)
