"""What the config needs on this machine."""

import sys
from pathlib import Path

import pytest

from jukedrummer.config import require_chromaprint
from jukedrummer.errors import UserError


def test_an_installed_chromaprint_passes() -> None:
    require_chromaprint("corpus.duplicates")
    assert "chromaprint" in sys.modules


def test_a_missing_library_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "chromaprint.py").write_text("raise ImportError('no libchromaprint')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "chromaprint", raising=False)
    with pytest.raises(UserError) as caught:
        require_chromaprint("corpus.duplicates")
    for part in ("libchromaprint1", "brew install chromaprint", "corpus.duplicates: false"):
        assert part in str(caught.value)


def test_a_missing_package_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "chromaprint", raising=False)
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(UserError, match="pip install pyacoustid"):
        require_chromaprint("corpus.duplicates")
