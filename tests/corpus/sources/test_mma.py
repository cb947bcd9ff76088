"""The source `mma`: its checks, its songs, what is kept, and what is rejected."""

import shutil
from pathlib import Path

import pytest
import soundfile

from jukedrummer.config import CorpusConfig
from jukedrummer.corpus.rejected import read_rejected
from jukedrummer.corpus.render import default_soundfont
from jukedrummer.corpus.sources.mma import COMPOSED, MMA_LICENCE, MmaConfig
from jukedrummer.corpus.split import group_of
from jukedrummer.errors import UserError
from jukedrummer.storage.files import read_json
from tests.corpus.helpers import hashes, list_source, song_folder
from tests.corpus.midi_files import other_soundfont
from tests.corpus.mma.mma_files import style_text, write_style

needs_mma = pytest.mark.skipif(shutil.which("mma") is None, reason="the program mma is missing")


def test_a_missing_program_is_an_error_of_the_dry_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    config = CorpusConfig(sources=(MmaConfig(),))
    expected = r"corpus.sources\[0\]: .* \(Debian, Ubuntu: apt install mma; .*mellowood.ca/mma/\)"
    with pytest.raises(UserError, match=expected):
        config.check_machine("corpus")


@needs_mma
def test_missing_files_are_errors_of_the_dry_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"here.library is /none: no such folder"):
        MmaConfig(library="/none").check_machine("here")
    with pytest.raises(UserError, match=r"here.soundfonts\[0\] is /none.sf2: no such file"):
        MmaConfig(soundfonts=("/none.sf2",)).check_machine("here")


@needs_mma
def test_songs_of_a_library(tmp_path: Path) -> None:
    library = tmp_path / "library"
    write_style(library, "pop/rock")
    write_style(library, "latin/bossa", style_text(grooves=("Bossa", "BossaEnd")))
    write_style(library, "latin/broken", style_text() + "Nonsense 7 7\n")
    fonts = (str(default_soundfont()), str(other_soundfont(tmp_path / "other.sf2")))
    config = MmaConfig(library=str(library), songs=3, seconds=8, soundfonts=fonts)
    rows = list_source(tmp_path, config)
    assert sorted(row.style for row in rows) == ["bossa", "rock"]
    assert len({group_of(row) for row in rows}) == 2
    for row in rows:
        folder = song_folder(row)
        assert (row.check_beats, row.bar_lines, row.licence) == ("no", "clear", MMA_LICENCE)
        assert row.artist in ("MMA pop/rock", "MMA latin/bossa")
        about = read_json(folder / "song.json")
        number = int(folder.name[:5])
        assert about["soundfont"] == Path(fonts[number % 2]).name
        assert (folder.parent / about["file"]).is_file()
        assert abs(about["transposition"]) <= config.transpose
        assert soundfile.info(folder / "drums.wav").duration > 6
    (left_out,) = read_rejected(tmp_path / "corpus" / "rejected.tsv")
    assert (left_out.rule, left_out.on_purpose) == ("mma", "no")
    assert "latin/broken.mma: mma failed: " in left_out.reason

    before = hashes(tmp_path / "rendered")
    assert len(list_source(tmp_path, config.model_copy(update={"songs": 4}))) == 3
    after = hashes(tmp_path / "rendered")
    assert {name: after[name] for name in before} == before
    assert len([name for name in after if f"/{COMPOSED}/" in f"/{name}"]) == 3

    shorter = config.model_copy(update={"songs": 1, "seed": 2})
    list_source(tmp_path, shorter)
    assert not before.items() & {
        (name, digest)
        for name, digest in hashes(tmp_path / "rendered").items()
        if name.endswith(".wav")
    }
