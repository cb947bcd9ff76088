"""madmom runs, and Python and numpy stay as they were."""

import json
import subprocess
import sys

import numpy as np
import pytest

from jukedrummer.beats.madmom_shim import NumpyForMadmom, borrowed_attributes

PROBE = """
import collections, json, sys
import numpy as np
numpy_before, collections_before = set(vars(np)), set(vars(collections))
module_before = sys.modules.get("pkg_resources")
import jukedrummer.beats.madmom_shim as shim
shim.load_madmom()
# What numpy itself adds: submodules that it loads when they are first used.
added = {name for name in set(vars(np)) - numpy_before if f"numpy.{name}" not in sys.modules}
print(json.dumps({
    "numpy": sorted(added | numpy_before - set(vars(np))),
    "collections": sorted(collections_before ^ set(vars(collections))),
    "pkg_resources": sys.modules.get("pkg_resources") is module_before,
    "float": hasattr(np, "float"),
    "unpatched": [
        name
        for name, module in sys.modules.items()
        if name.startswith("madmom") and getattr(module, "np", None) is np
    ],
}))
"""


def test_leaves_python_and_numpy_as_they_were():
    # A new process, because madmom may be loaded already in this one.
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {
        "numpy": [],
        "collections": [],
        "pkg_resources": True,
        "float": False,
        "unpatched": [],
    }


def test_no_module_of_madmom_escapes_the_shim(original, song):
    """The whole chain imports no more modules. Later imports would get the current numpy."""
    from madmom.features.downbeats import DBNDownBeatTrackingProcessor

    before = {name for name in sys.modules if name.startswith("madmom")}
    activations = original.activations(original.features(song), networks=1)
    DBNDownBeatTrackingProcessor(beats_per_bar=[3, 4], fps=100)(activations[:, 1:])
    assert {name for name in sys.modules if name.startswith("madmom")} == before


def test_adds_only_what_is_missing_and_removes_it_on_failure():
    class Owner:
        present = 1

    def fail():
        with borrowed_attributes(Owner, {"present": 2, "absent": 3}):
            assert (Owner.present, Owner.absent) == (1, 3)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert Owner.present == 1
    assert not hasattr(Owner, "absent")


def test_numpy_for_madmom():
    numpy = NumpyForMadmom("numpy_for_madmom")
    assert numpy.float is float
    assert numpy.zeros is np.zeros
    assert numpy.asarray([[1, 2], [3, 4]]).dtype.kind == "i"
    ragged = numpy.asarray([(np.arange(3), -1.5), (np.arange(4), -2.5)])
    assert ragged[:, 1].argmax() == 0
    np.testing.assert_array_equal(ragged[1, 0], np.arange(4))
