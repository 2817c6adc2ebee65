"""The wheel as those see it who publish and install it."""

import inspect
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import cellprism


@pytest.fixture(scope="module")
def wheel():
    path = os.environ.get("CELLPRISM_WHEEL")
    if not path:
        pytest.skip("CELLPRISM_WHEEL names no wheel: `cargo xtask test` sets it")
    return Path(path)


def run(*arguments):
    return subprocess.run([sys.executable, "-m", *map(str, arguments)], capture_output=True, text=True)


def test_an_index_takes_its_description(wheel):
    pytest.importorskip("twine")
    done = run("twine", "check", "--strict", wheel)
    assert done.returncode == 0 and "PASSED" in done.stdout, done.stdout + done.stderr


def test_it_fits_every_python_from_3_11_on(wheel):
    pytest.importorskip("abi3audit")
    done = run("abi3audit", "--strict", wheel)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "-cp311-abi3-" in wheel.name
    if sys.platform == "linux":
        assert "-manylinux_2_" in wheel.name


def test_program_page_and_types_are_inside(wheel):
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
    inside = {name.split("/platlib/")[-1] for name in names}
    for wanted in ["cellprism/bin/cellprism", "cellprism/app/index.html", "cellprism/py.typed", "cellprism/__init__.pyi"]:
        assert wanted in inside, wanted
    assert wheel.stat().st_size < 40_000_000


def test_everything_public_is_described_and_typed():
    types = (Path(cellprism.__file__).with_name("__init__.pyi")).read_text()
    for name in cellprism.__all__:
        thing = getattr(cellprism, name)
        if name == "__version__":
            continue
        assert inspect.getdoc(thing), name
        assert f" {name}" in types, name
        for member, value in vars(thing).items() if inspect.isclass(thing) else []:
            if not member.startswith("_"):
                assert inspect.getdoc(value), f"{name}.{member}"
                assert f"def {member}(" in types, f"{name}.{member}"
