"""Kits in each format, and kits that are broken."""

import os
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from jukedrummer.corpus.render import DRUM_BANK, Soundfont, default_soundfont
from jukedrummer.errors import UserError
from jukedrummer.kits.formats import load_kit
from jukedrummer.kits.kit import PlayableKit
from jukedrummer.model.pieces import PIECES
from tests.kits.helpers import RATE, archived, write_hydrogen, write_sample, write_sfz

BASIC = "<region>sample=kick.wav key=36 <region>sample=snare.wav key=38\n"
SOUNDS = {"kick": 0.5, "snare": 0.25, "hat": 0.125}


def level(kit: PlayableKit, piece: str, velocity: int = 127, turn: int = 0) -> float:
    """The sum of the voices' levels, in the left channel."""
    voices = kit.strike(piece, velocity, turn)
    return sum(float(sound[len(sound) // 2, 0]) * gain for sound, gain in voices)


@pytest.fixture(scope="module")
def soundfont() -> PlayableKit:
    return load_kit(default_soundfont(), RATE)


def test_a_soundfont_plays_what_its_synthesiser_plays(soundfont: PlayableKit) -> None:
    """Layers are played once and scaled; a stroke of the synthesiser itself is the reference."""
    reference = Soundfont(default_soundfont(), "the font")
    for piece, pitch in (("kick", 36), ("open_hat", 46), ("toms", 45)):
        for velocity in (20, 127):
            ((sound, gain),) = soundfont.strike(piece, velocity, 0)
            reference.synth.program_select(9, reference.font, DRUM_BANK, 0, True)
            stroke = (0, lambda v=velocity, p=pitch: reference.synth.noteon(9, p, v))
            played = reference.play([stroke], len(sound))
            mono = sound.mean(1) * gain
            # The synthesiser's mono output has another gain than the mean of its stereo output.
            scale = float(played @ mono / (mono @ mono))
            assert np.abs(played - scale * mono).max() < 1e-3 * np.abs(played).max()


def test_a_soundfont_has_all_pieces_in_stereo(soundfont: PlayableKit) -> None:
    for piece in PIECES:
        ((sound, gain),) = soundfont.strike(piece, 64, 0)
        assert sound.dtype == np.float32
        assert sound.shape[1] == 2
        assert 0 < gain * np.abs(sound).max() < 1
    ((tom, _),) = soundfont.strike("toms", 127, 0)
    assert np.abs(tom[:, 0] - tom[:, 1]).max() > 0.01


def test_a_soundfont_has_several_kits(soundfont: PlayableKit) -> None:
    other = load_kit(default_soundfont(), RATE, program=25)
    assert len(other.strike("kick", 127, 0)[0][0]) != len(soundfont.strike("kick", 127, 0)[0][0])
    with pytest.raises(UserError, match=r"has no drum kit with the program 99; it has 0, "):
        load_kit(default_soundfont(), RATE, program=99)


def test_a_broken_soundfont(tmp_path: Path) -> None:
    (tmp_path / "a.sf2").write_bytes(default_soundfont().read_bytes()[:10_000])
    with pytest.raises(UserError, match=r"a\.sf2: is not a soundfont"):
        load_kit(tmp_path / "a.sf2", RATE)


def test_sfz_layers_groups_and_volumes(tmp_path: Path) -> None:
    text = """
    // a comment <region> sample=missing.wav
    <control> default_path=./
    #define $HAT 42
    <global> amp_veltrack=0
    <group> key=36 volume=-6.0206
    <region> sample=kick.wav hivel=63
    <region> sample=snare.wav lovel=64 pan=-100
    <group> key=d2 <region> sample=snare.wav
    <region> sample=hat.wav lokey=$HAT hikey=$HAT pitch_keycenter=$HAT amp_veltrack=100
    """
    kit = load_kit(write_sfz(tmp_path, text, **SOUNDS), RATE)
    assert level(kit, "kick", 63) == pytest.approx(0.25, rel=1e-4)
    assert level(kit, "kick", 64) == pytest.approx(0.125, rel=1e-4)
    ((sound, _),) = kit.strike("kick", 64, 0)
    assert not sound[:, 1].any()
    assert level(kit, "snare", 1) == 0.25
    assert level(kit, "closed_hat", 64) == pytest.approx(0.125 * (64 / 127) ** 2)
    assert level(kit, "crash") == level(kit, "closed_hat")  # no cymbal, so the hat replaces it


@pytest.mark.parametrize(
    "turns",
    [
        (
            "seq_length=3 seq_position=1",
            "seq_length=3 seq_position=2",
            "seq_length=3 seq_position=3",
        ),
        ("hirand=0.33", "lorand=0.33 hirand=0.66", "lorand=0.66"),
    ],
)
def test_sfz_samples_take_turns(tmp_path: Path, turns: tuple[str, ...]) -> None:
    names = ("kick", "snare", "hat")
    regions = [f"<region> sample={n}.wav {turn}" for n, turn in zip(names, turns, strict=True)]
    text = f"<group> key=38 {' '.join(regions)} <group> key=36 <region> sample=kick.wav"
    text += " <group> key=42 <region> sample=hat.wav"
    kit = load_kit(write_sfz(tmp_path, text, **SOUNDS), RATE)
    assert [level(kit, "snare", turn=k) for k in range(4)] == [0.5, 0.25, 0.125, 0.5]


def test_sfz_regions_of_other_triggers_and_controllers_are_silent(tmp_path: Path) -> None:
    text = (
        "<control> set_cc4=127\n"
        "<region> sample=kick.wav key=36\n"
        "<region> sample=hat.wav key=36 trigger=release\n"
        "<region> sample=hat.wav key=36 hicc4=64\n"
        "<region> sample=*silence key=36\n"
        "<region> sample=snare.wav key=38 locc4=64\n"
        "<region> sample=hat.wav key=42"
    )
    kit = load_kit(write_sfz(tmp_path, text, **SOUNDS), RATE)
    assert (level(kit, "kick"), level(kit, "snare")) == (0.5, 0.25)


def test_sfz_includes_files_and_names_may_differ_in_capitals(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("<region> sample=Sub\\SNARE.wav key=$B #define $B 38")
    text = '#include "more.txt" <region> sample=kick.wav key=36 <region> sample=hat.wav key=42'
    path = write_sfz(tmp_path, text, kick=0.5, hat=0.125)
    write_sample(tmp_path / "sub" / "snare.wav", 0.75)
    assert level(load_kit(path, RATE), "snare") == 0.75


def test_sfz_notes_are_transposed_and_start_later(tmp_path: Path) -> None:
    text = BASIC + (
        "<region> sample=long.wav key=42 transpose=12 "
        "<region> sample=long.wav key=46 offset=500 "
        "<region> sample=long.wav lokey=49 hikey=49 pitch_keytrack=0"
    )
    path = write_sfz(tmp_path, text, **SOUNDS)
    write_sample(tmp_path / "long.wav", 0.5, frames=1_000)
    kit = load_kit(path, RATE)
    lengths = [len(kit.strike(p, 127, 0)[0][0]) for p in ("closed_hat", "open_hat", "crash")]
    assert lengths == [500, 500, 1_000]


def test_samples_get_the_rate_of_the_song(tmp_path: Path) -> None:
    path = write_sfz(tmp_path, BASIC + "<region> sample=hat.wav key=42", **SOUNDS)
    write_sample(tmp_path / "kick.wav", 0.5, rate=22_050, frames=2_205)
    for rate in (44_100, 48_000, 8_000):
        ((sound, _),) = load_kit(path, rate).strike("kick", 127, 0)
        assert abs(len(sound) - rate / 10) <= 2
        assert sound[len(sound) // 2, 0] == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has no kick, nor a piece that can replace it; is it a drum kit\\? It has nothing"),
        (BASIC, r"has no closed hat, .* It has MIDI note 36, MIDI note 38"),
        ("<region> sample=a.wav key=x9", "has a wrong value"),
        ("<region> sample=a.wav key=36 volume=nan", "has a wrong value"),
        ('#include "kit.sfz"', "includes more than 100 files"),
        ('#include "no.sfz"', "has no file no.sfz"),
        ("\0", "kit.sfz is not the description of a drum kit"),
    ],
)
def test_bad_sfz(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(UserError, match=rf"kit\.sfz: {reason}"):
        load_kit(write_sfz(tmp_path, text), RATE)


def test_bad_samples(tmp_path: Path) -> None:
    text = BASIC + "<region> sample=hat.wav key=42"
    kit = load_kit(write_sfz(tmp_path, text, snare=np.nan, hat=0.1), RATE)
    with pytest.raises(UserError, match=r"has no file kick\.wav"):
        kit.strike("kick", 100, 0)
    with pytest.raises(UserError, match=r"snare\.wav holds a NaN"):
        kit.strike("snare", 100, 0)
    (tmp_path / "hat.wav").write_text("not audio")
    with pytest.raises(UserError, match=r"hat\.wav is not audio"):
        kit.strike("closed_hat", 100, 0)


def test_hydrogen_folders_files_and_archives_are_one_kit(tmp_path: Path) -> None:
    folder = write_hydrogen(tmp_path / "Rock")
    for path in (folder, folder / "drumkit.xml", archived(folder, tmp_path / "Rock.h2drumkit")):
        kit = load_kit(path, RATE)
        assert level(kit, "kick") == 0.5
        assert level(kit, "snare", 64) == pytest.approx(0.4 * 64 / 127)
        assert (level(kit, "closed_hat"), level(kit, "open_hat")) == pytest.approx((0.3, 0.2))
        assert level(kit, "toms") == pytest.approx(0.4)  # no tom, so the snare replaces it


def test_hydrogen_layers_levels_and_notes(tmp_path: Path) -> None:
    folder = write_hydrogen(tmp_path, {"Snare": 0.5, "HH": 0.5})
    layers = "".join(
        f"<layer><filename>{name}.wav</filename><min>{low}</min><max>{high}</max>"
        f"<gain>{gain}</gain></layer>"
        for name, low, high, gain in (("Snare", 0.49, 1, 1), ("HH", 0, 0.5, 0.25))
    )
    kick = (
        "<instrument><name>Instrument 1</name><midiOutNote>36</midiOutNote><volume>0.5</volume>"
        "<gain>2</gain><pan>0.5</pan><applyVelocity>false</applyVelocity>"
        f"<instrumentComponent><gain>0.5</gain>{layers}</instrumentComponent></instrument>"
    )
    description = folder / "drumkit.xml"
    description.write_text(description.read_text().replace("</drumkit", f"{kick}</drumkit"))
    kit = load_kit(folder, RATE)
    # 0.5 * 0.5 (volume) * 2 (gain) * 0.5 (component), half of it on the left
    assert level(kit, "kick", 127) == pytest.approx(0.5 * 0.5 * 0.5)
    assert level(kit, "kick", 20) == pytest.approx(0.5 * 0.5 * 0.5 * 0.25)
    assert level(kit, "kick", 63) == level(kit, "kick", 20)  # layers overlap: the lower one
    ((sound, _),) = kit.strike("kick", 127, 0)
    assert sound[0].tolist() == pytest.approx([0.125, 0.25])


def test_hydrogen_kits_of_old_versions(tmp_path: Path) -> None:
    folder = write_hydrogen(tmp_path, {"Snare": 0.5, "Hat": 0.5})
    kick = (
        "<instrument><name>Bass Drum</name><filename>Snare.wav</filename><volume>0.5</volume>"
        "<pan_L>1</pan_L><pan_R>0.5</pan_R></instrument>"
    )
    description = folder / "drumkit.xml"
    description.write_text(description.read_text().replace("</drumkit", f"{kick}</drumkit"))
    ((sound, _),) = load_kit(folder, RATE).strike("kick", 127, 0)
    assert sound[0].tolist() == pytest.approx([0.25, 0.125])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<drumkit_info", "is not valid XML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><drumkit_info/>', "declares entities"),
        ("<drumkit_info/>", "has no kick"),
        (
            "<drumkit_info><instrument><volume>x</volume><filename>a</filename></instrument>"
            "</drumkit_info>",
            "has a wrong number",
        ),
    ],
)
def test_bad_hydrogen_kits(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "drumkit.xml").write_text(text)
    with pytest.raises(UserError, match=reason):
        load_kit(tmp_path, RATE)


def test_a_kit_of_percussion_is_no_drum_kit(tmp_path: Path) -> None:
    folder = write_hydrogen(tmp_path, {f"Conga {k}": 0.1 for k in range(12)})
    with pytest.raises(UserError, match=r"has no kick.*Conga 9 and 2 more$"):
        load_kit(folder, RATE)


def test_nothing_of_an_archive_is_written(tmp_path: Path) -> None:
    folder = write_hydrogen(tmp_path / "kit")
    with tarfile.open(tmp_path / "bad.h2drumkit", "w") as archive:
        archive.add(folder / "drumkit.xml", "kit/drumkit.xml")
        archive.add(folder / "Kick.wav", "kit/../../Kick.wav")
        link = tarfile.TarInfo("kit/Snare Rock.wav")
        link.type, link.linkname = tarfile.SYMTYPE, os.fspath(folder / "Kick.wav")
        archive.addfile(link)
    before = sorted(tmp_path.rglob("*"))
    kit = load_kit(tmp_path / "bad.h2drumkit", RATE)
    for piece in ("kick", "snare"):  # outside of the kit, and a link
        with pytest.raises(UserError, match=r"bad\.h2drumkit: has no file"):
            kit.strike(piece, 100, 0)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_broken_archive(tmp_path: Path) -> None:
    path = archived(write_hydrogen(tmp_path / "kit"), tmp_path / "kit.h2drumkit")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UserError, match=r"kit\.h2drumkit: is damaged or cut off"):
        load_kit(path, RATE)


def test_other_files_are_no_kits(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(10), RATE)
    with pytest.raises(UserError, match=r"a\.wav: is not a drum kit of a known format; .*\.sf2"):
        load_kit(tmp_path / "a.wav", RATE)
    with pytest.raises(UserError, match=r"no: no such file or folder; expected a drum kit"):
        load_kit(tmp_path / "no", RATE)
    with pytest.raises(UserError, match="has one kit, so there is no program 3"):
        load_kit(write_hydrogen(tmp_path / "kit"), RATE, 3)
