"""The program, and paths to what `cargo xtask demo` left: the tests read a real bundle of real cells."""

import os
import subprocess
from pathlib import Path

import pytest

from cellprism import _program

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def bundle_folder():
    folder = Path(os.environ.get("CELLPRISM_BUNDLE", ROOT / "target/demo/bundle"))
    if not (folder / "manifest.json").exists():
        pytest.skip("no demo bundle: run `cargo xtask demo --no-serve`")
    return folder


@pytest.fixture(scope="session")
def demo_data():
    return ROOT / "tests/fixtures/demo"


@pytest.fixture
def adata(demo_data):
    anndata = pytest.importorskip("anndata")
    return anndata.read_h5ad(demo_data / "cells.h5ad")


@pytest.fixture(scope="session")
def run_program():
    """Runs the program inside the wheel; what it says on stderr is shown where it fails."""

    def run(*words):
        done = subprocess.run([_program.program(), *map(str, words)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
