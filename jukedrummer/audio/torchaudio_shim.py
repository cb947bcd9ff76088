"""Import of torchaudio with a CPU-only torch.

The wheels of torchaudio contain a compiled extension that needs CUDA's libraries. Without them, the
import raises OSError. This package uses only the filter banks, which are plain Python. So
torchaudio is then imported without its extension.
"""

import importlib
import sys
import types


def load_torchaudio() -> types.ModuleType:
    """Import torchaudio, without its compiled extension if that cannot be loaded."""
    try:
        return importlib.import_module("torchaudio")
    except OSError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
            del sys.modules[name]
        sys.modules["torchaudio._extension"] = _absent_extension()
        return importlib.import_module("torchaudio")


def _absent_extension() -> types.ModuleType:
    extension = types.ModuleType("torchaudio._extension")
    vars(extension).update(
        __path__=[],
        _IS_TORCHAUDIO_EXT_AVAILABLE=False,
        _IS_ALIGN_AVAILABLE=False,
        _check_cuda_version=lambda: None,
        fail_if_no_align=lambda function: function,
    )
    return extension
