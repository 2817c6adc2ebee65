"""Blocks of the book's page on Python, executed as printed."""

import os
import shutil
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs/tutorial/python.md"


def blocks():
    parts = PAGE.read_text().split("```python,run\n")[1:]
    return [part.split("\n```")[0] for part in parts]


def test_the_page_on_python_runs_as_printed(bundle_folder, demo_data, tmp_path):
    pytest.importorskip("anndata")
    folder = tmp_path / "cellprism-demo"
    shutil.copytree(demo_data, folder / "data")
    (folder / "bundle").symlink_to(bundle_folder.resolve())
    before, names = Path.cwd(), {}
    os.chdir(tmp_path)
    try:
        found = blocks()
        assert len(found) >= 6
        for block in found:
            exec(compile(block, str(PAGE), "exec"), names)
    finally:
        os.chdir(before)
    assert (tmp_path / "with_concepts.h5ad").exists() and (tmp_path / "sae/cfg.json").exists()
    assert names["adata"].obs["mine"].notna().sum() == names["bundle"].concepts["cells"].max()
