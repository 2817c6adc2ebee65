"""The notebook of the book, executed on the shared data."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cellprism

ROOT = Path(__file__).resolve().parents[2]


def test_from_a_scanpy_object_to_concepts_and_a_page(tmp_path):
    anndata = pytest.importorskip("anndata")
    pytest.importorskip("scanpy")
    shared = Path(os.environ.get("CELLPRISM_SHARED", ROOT.parent / "shared")) / "data"
    if not shared.is_dir():
        pytest.skip(f"no shared data at {shared}")
    for name, source in [
        ("kang_ifnb.h5ad", "kang_ifnb.h5ad"),
        ("scvi_kang", "reference/models/scvi_kang"),
        ("sets.gmt.gz", "gmt/GO_Biological_Process_2025.gmt.gz"),
    ]:
        (tmp_path / name).symlink_to((shared / source).resolve())
    notebook = tmp_path / "kang.ipynb"
    notebook.write_text((ROOT / "docs/tutorial/kang.ipynb").read_text())
    done = subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", notebook],
        capture_output=True, text=True, cwd=tmp_path,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "site/index.html").exists()
    data = anndata.read_h5ad(tmp_path / "with_concepts.h5ad")
    coloured = [name for name in data.obs if name.startswith("C") and name[1:].isdigit()]
    concept = int(coloured[0][1:])
    np.testing.assert_array_equal(data.obs[coloured[0]], data.obsm["X_concepts"][:, [concept]].toarray().ravel())
    # six hours of interferon: its genes come first
    first = list(cellprism.read_bundle(tmp_path / "bundle").attribution(concept).index[:10])
    assert len({"ISG15", "IFI6", "IFIT1", "IFIT3", "CXCL10", "CCL8", "APOBEC3B"} & set(first)) >= 2, first
