"""The stubs say what the module has: mypy's stubtest compares them with it, and a use of every kind is typed."""

import subprocess
import sys

import pytest

CONFIGURATION = """[mypy]
ignore_missing_imports = True
[mypy-scipy.*]
ignore_missing_imports = True
follow_imports = skip
"""

USE = """
from typing import assert_type
import numpy as np
from numpy.typing import NDArray
import pandas as pd
import cellprism

bundle = cellprism.read_bundle("bundle")
assert_type(bundle.concepts, pd.DataFrame)
assert_type(bundle.pathways(12), pd.DataFrame)
assert_type(cellprism.TopKSAE(4, 2).fit(np.zeros((3, 2), np.float32)).decode([[1.0]]), NDArray[np.float32])
assert_type(cellprism.read_labels("labels.csv"), dict[int, str])
bundle.attribution("twelve")  # type: ignore[arg-type]
"""


@pytest.fixture
def mypy(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "mypy.ini").write_text(CONFIGURATION)

    def run(*words):
        return subprocess.run([sys.executable, "-I", "-m", *words], capture_output=True, text=True, cwd=tmp_path)

    return run


def test_stubs_are_the_module(mypy):
    done = mypy("mypy.stubtest", "cellprism", "--concise", "--ignore-disjoint-bases", "--mypy-config-file", "mypy.ini")
    assert done.returncode == 0, done.stdout + done.stderr


def test_uses_are_typed_and_wrong_ones_told(mypy, tmp_path):
    (tmp_path / "use.py").write_text(USE)
    done = mypy("mypy", "--strict", "--config-file", "mypy.ini", "use.py")
    assert done.returncode == 0, done.stdout + done.stderr
