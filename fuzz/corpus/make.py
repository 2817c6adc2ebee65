"""Makes the .h5ad files of the corpus that only the HDF5 C library writes: symbol tables and version 1 B-trees (which it
writes by default), the newer structures (libver="v110"), and anndata's forms before 0.7.

    make.py        (numpy, h5py; run in this folder)
"""
from pathlib import Path

import h5py
import numpy as np

here = Path(__file__).resolve().parent / "h5ad"
CELLS, GENES = 12, 9
draw = np.random.default_rng(1)
counts = draw.poisson(0.6, (CELLS, GENES)).astype(np.float32)
cells, genes = [f"c{i}" for i in range(CELLS)], [f"G{i}" for i in range(GENES)]
text = h5py.string_dtype()


def encoded(node, kind, version="0.2.0"):
    node.attrs["encoding-type"], node.attrs["encoding-version"] = kind, version
    return node


def frame(file, name, index, columns):
    group = encoded(file.create_group(name), "dataframe")
    group.attrs["_index"] = "_index"
    group.attrs.create("column-order", list(columns), dtype=text)
    encoded(group.create_dataset("_index", data=index, dtype=text), "string-array")
    for column, (labels, codes) in columns.items():
        part = encoded(group.create_group(column), "categorical")
        part.attrs["ordered"] = False
        encoded(part.create_dataset("categories", data=labels, dtype=text), "string-array")
        encoded(part.create_dataset("codes", data=np.array(codes, np.int8), chunks=(4,), compression="gzip"), "array")


def sparse(file, name, matrix, by_row):
    group = encoded(file.create_group(name), "csr_matrix" if by_row else "csc_matrix", "0.1.0")
    group.attrs["shape"] = matrix.shape
    turned = matrix if by_row else matrix.T
    pointers = np.concatenate([[0], np.cumsum((turned > 0).sum(1))])
    group.create_dataset("data", data=turned[turned > 0], chunks=(8,), compression="gzip", shuffle=True)
    group.create_dataset("indices", data=np.nonzero(turned)[1].astype(np.int32), chunks=(8,), compression="lzf")
    group.create_dataset("indptr", data=pointers.astype(np.int64))


def start(name, **options):
    return h5py.File(here / name, "w", track_order=False, **options)


kinds = {"kind": (["B", "T"], [i % 2 for i in range(CELLS)])}
with start("rows_h5py") as file:
    encoded(file, "anndata", "0.1.0")
    sparse(file, "X", counts, True)
    frame(file, "obs", cells, kinds)
    frame(file, "var", genes, {})
with start("columns_h5py", libver=("v110", "v110")) as file:
    encoded(file, "anndata", "0.1.0")
    sparse(file, "layers/counts", counts, False)
    file.create_dataset("X", data=np.log1p(counts), chunks=(4, GENES), maxshape=(None, GENES), compression="gzip")
    frame(file, "obs", cells, kinds)
    frame(file, "var", genes, {"feature_name": (genes, list(range(GENES)))})
with start("records_h5py") as file:
    file.create_dataset("X", data=counts)
    rows = np.array([(c.encode(), i % 2, 1.5) for i, c in enumerate(cells)], [("index", "S8"), ("kind", "i1"), ("size", "f8")])
    file.create_dataset("obs", data=rows)
    file.create_dataset("var", data=np.array([(g.encode(),) for g in genes], [("index", "S8")]))
    file.create_dataset("uns/kind_categories", data=["B", "T"], dtype=text)
    places = np.zeros(CELLS, [("X_umap", "f4", (2,))])
    file.create_dataset("obsm", data=places)
