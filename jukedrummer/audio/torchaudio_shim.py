"""torchaudio beside a CPU-only torch.

The wheels of torchaudio hold a compiled extension that wants CUDA's libraries, and importing the package
raises OSError without them. What we use (filter banks) is pure Python, so the extension is left out.
"""

import sys
import types


def load_torchaudio() -> types.ModuleType:
    """Import torchaudio; where its compiled extension cannot be loaded, import it without."""
    try:
        import torchaudio
    except OSError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
            del sys.modules[name]
        sys.modules["torchaudio._extension"] = _absent_extension()
        import torchaudio
    return torchaudio


def _absent_extension() -> types.ModuleType:
    extension = types.ModuleType("torchaudio._extension")
    extension.__path__ = []
    extension._IS_TORCHAUDIO_EXT_AVAILABLE = False
    extension._IS_ALIGN_AVAILABLE = False
    extension._check_cuda_version = lambda: None
    extension.fail_if_no_align = lambda function: function
    return extension
