"""The kits: loudness, onsets, hardness, and how they differ."""

import numpy as np
import pytest

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.score import KIT_PITCHES, Hit
from jukedrummer.corpus.second_composer.synth.designs import DESIGNS
from jukedrummer.corpus.second_composer.synth.kits import LOUDNESS_OF, DrumKit
from jukedrummer.corpus.second_composer.synth.pieces import MAKERS

TOMS = ("low", "mid", "high")
LOOP = [
    Hit(beat / 4, piece, 100)
    for beat in range(12)
    for piece in ("hat", "snare" if beat % 2 else "kick")
]


@pytest.fixture(scope="module")
def kits() -> dict[str, DrumKit]:
    return {name: DrumKit(name, np.random.default_rng(5)) for name in DESIGNS}


def centroid(wave: np.ndarray) -> float:
    """The centre of a sound's magnitude spectrum, hertz."""
    spectrum = np.abs(np.fft.rfft(wave))
    hertz = np.fft.rfftfreq(len(wave), 1 / SAMPLE_RATE)
    return float(spectrum @ hertz / spectrum.sum())


def bands(wave: np.ndarray) -> np.ndarray:
    """The energy in 13 bands from 40 Hz to 16 kHz, decibels."""
    spectrum = np.abs(np.fft.rfft(wave)) ** 2
    edges = np.geomspace(40, 16_000, 14) * len(wave) / SAMPLE_RATE
    result: np.ndarray = 10 * np.log10(np.add.reduceat(spectrum, edges.astype(int))[:-1])
    return result


def level(wave: np.ndarray) -> float:
    """The RMS of the loudest 20 ms of the first tenth of a second, decibels."""
    power = np.convolve(wave[:4_410] ** 2, np.full(882, 1 / 882))
    return float(10 * np.log10(power.max()))


def test_every_piece_has_a_sound() -> None:
    assert set(MAKERS) == set(LOUDNESS_OF) == set(KIT_PITCHES)


@pytest.mark.parametrize("name", DESIGNS)
def test_strokes_are_as_loud_as_they_should_be_and_begin_at_once(
    kits: dict[str, DrumKit], name: str
) -> None:
    for piece in KIT_PITCHES:
        sound = kits[name].stroke(piece, 100)
        assert np.isfinite(sound).all()
        assert abs(level(sound) - LOUDNESS_OF[piece]) < 7
        loud = np.flatnonzero(np.abs(sound) > 0.1 * np.abs(sound).max())
        assert loud[0] < 0.005 * SAMPLE_RATE, piece
        assert np.abs(sound[-20:]).max() < 0.02 * np.abs(sound).max()


def test_hard_strokes_are_louder_and_brighter(kits: dict[str, DrumKit]) -> None:
    for kit in kits.values():
        for piece in ("snare", "hat", "ride"):
            soft, hard = kit.stroke(piece, 40), kit.stroke(piece, 120)
            assert level(hard) > level(soft) + 8
            assert kit.design.bits or centroid(hard) > centroid(soft)


def test_low_pieces_are_dark_and_cymbals_bright(kits: dict[str, DrumKit]) -> None:
    for name, kit in kits.items():
        centres = {piece: centroid(kit.stroke(piece, 100)) for piece in KIT_PITCHES}
        assert centres["kick"] < centres["snare"] < centres["hat"], name
        toms = [
            np.abs(np.fft.rfft(kit.stroke(f"tom_{at}", 100), SAMPLE_RATE)).argmax() for at in TOMS
        ]
        assert toms == sorted(toms), name
        assert min(centres[piece] for piece in ("hat", "open", "ride", "crash")) > 2_500, name


def test_kits_differ_from_each_other(kits: dict[str, DrumKit]) -> None:
    waves = {name: kit.play(LOOP, 4 * SAMPLE_RATE) for name, kit in kits.items()}
    spectra = [bands(wave) for wave in waves.values()]
    distances = [np.std(a - b) for k, a in enumerate(spectra) for b in spectra[:k]]
    assert min(distances) > 2  # decibels
    centres = [centroid(wave) for wave in waves.values()]
    assert max(centres) > 1.4 * min(centres)


def test_kits_of_one_design_differ_from_song_to_song() -> None:
    first, second = (DrumKit("maple", np.random.default_rng(seed)) for seed in (1, 2))
    pitches = [
        np.abs(np.fft.rfft(kit.stroke("tom_low", 100), 1 << 16)).argmax() for kit in (first, second)
    ]
    assert pitches[0] != pitches[1]


def test_a_closed_hat_ends_the_open_one(kits: dict[str, DrumKit]) -> None:
    kit = kits["jazz"]
    alone = kit.play([Hit(0.0, "open", 110)], SAMPLE_RATE)
    closed = kit.play([Hit(0.0, "open", 110), Hit(0.2, "pedal", 10)], SAMPLE_RATE)
    late = slice(int(0.5 * SAMPLE_RATE), None)
    assert np.square(closed[late]).sum() < 0.4 * np.square(alone[late]).sum()
