"""Cells for a large bundle: `large.py MODEL OUT.h5ad [--cells 100000] [--counts 400] [--kinds 12]`.

MODEL is an imported model (`cellprism import`), whose genes are written. Each cell has as many different genes as --counts says,
drawn by the weights of its kind; kinds, donors and tissues are columns. Written in blocks: memory does not grow with the cells.
"""
import argparse
import json
from pathlib import Path

import h5py
import numpy as np


def text(group, name, values):
    data = group.create_dataset(name, data=np.array(values, dtype=object), dtype=h5py.string_dtype())
    data.attrs.update({"encoding-type": "string-array", "encoding-version": "0.2.0"})


def frame(file, name, index, columns):
    group = file.create_group(name)
    group.attrs.update({"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "_index"})
    # h5py writes no empty list of Python's strings.
    group.attrs["column-order"] = np.array(list(columns), dtype=object if columns else "S1")
    text(group, "_index", index)
    for column, (codes, labels) in columns.items():
        inner = group.create_group(column)
        inner.attrs.update({"encoding-type": "categorical", "encoding-version": "0.2.0", "ordered": False})
        inner.create_dataset("codes", data=codes.astype(np.int16)).attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})
        text(inner, "categories", labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cells", type=int, default=100_000)
    parser.add_argument("--counts", type=int, default=400)
    parser.add_argument("--kinds", type=int, default=12)
    asked = parser.parse_args()
    genes = json.loads((asked.model / "model.json").read_text())["genes"]
    n, m, block = asked.cells, len(genes), 5000
    counts = min(asked.counts, m // 2)
    rng = np.random.default_rng(0)
    weight = rng.gamma(0.4, 1.0, (asked.kinds, m)).astype(np.float32) + 1e-3
    kind = rng.integers(0, asked.kinds, n)
    with h5py.File(asked.out, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        group = file.create_group("X")
        group.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": np.array((n, m), np.int64)})
        data = group.create_dataset("data", (n * counts,), np.float32, chunks=(1 << 16,))
        indices = group.create_dataset("indices", (n * counts,), np.int32, chunks=(1 << 16,))
        group.create_dataset("indptr", data=np.arange(0, (n + 1) * counts, counts, dtype=np.int64))
        for start in range(0, n, block):
            rows = min(block, n - start)
            draw = rng.standard_exponential((rows, m), dtype=np.float32) / weight[kind[start : start + rows]]
            chosen = np.sort(np.argpartition(draw, counts, axis=1)[:, :counts], axis=1)
            indices[start * counts : (start + rows) * counts] = chosen.reshape(-1)
            data[start * counts : (start + rows) * counts] = rng.geometric(0.4, rows * counts)
        columns = {
            "cell_type": (kind, [f"kind {i}" for i in range(asked.kinds)]),
            "donor_id": (rng.integers(0, 20, n), [f"donor {i}" for i in range(20)]),
            "tissue": (kind % 3, ["blood", "lung", "liver"]),
        }
        frame(file, "obs", [f"cell-{i}" for i in range(n)], columns)
        frame(file, "var", genes, {})


if __name__ == "__main__":
    main()
