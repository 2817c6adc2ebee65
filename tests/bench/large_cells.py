"""Cells of any number for measurements: an h5ad file written by blocks, and a scVI model folder that reads all its genes.

    large_cells.py cells OUT.h5ad [--cells 600000] [--genes 8000] [--counts 2167] [--compression gzip]
    large_cells.py model FROM TO [--genes 8000]

Every cell has as many genes with counts, drawn by the profile of its kind (twelve of them) and of one to three gene programs out
of 120, so that concepts have something to find. `model` widens an imported scVI model (FROM, a folder of `cellprism import scvi`) to
G0, G1, …, each gene reading the weights of one of the model's own: it is as large as a model of so many genes, and means nothing.
Needs numpy, h5py and safetensors.
"""
import argparse
import json
import shutil
from pathlib import Path

import h5py
import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

KINDS, PROGRAMS, BLOCK = 12, 120, 2000


def tagged(node, kind, version):
    node.attrs["encoding-type"], node.attrs["encoding-version"] = kind, version
    return node


def names(parent, key, values):
    data = np.array(values, dtype=object)
    tagged(parent.create_dataset(key, data=data, dtype=h5py.string_dtype()), "string-array", "0.2.0")


def frame(file, name, index, columns=()):
    group = tagged(file.create_group(name), "dataframe", "0.2.0")
    group.attrs["_index"] = "_index"
    group.attrs.create("column-order", np.array([c for c, _, _ in columns], dtype=object), dtype=h5py.string_dtype())
    names(group, "_index", index)
    for column, labels, codes in columns:
        of = tagged(group.create_group(column), "categorical", "0.2.0")
        of.attrs["ordered"] = False
        names(of, "categories", labels)
        tagged(of.create_dataset("codes", data=codes.astype(np.int16)), "array", "0.2.0")


def cells(out, n, genes, counts, compression):
    rng = np.random.default_rng(0)
    # A common profile, that of the kinds, and programs that raise a twentieth of the genes eightfold.
    common = rng.gamma(0.5, 1.0, genes) + 1e-3
    profile = (common * rng.lognormal(0, 0.7, (KINDS, genes))).astype(np.float32)
    raised = rng.random((PROGRAMS, genes)) < 0.05
    kinds = rng.integers(0, KINDS, n)
    with h5py.File(out, "w") as file:
        tagged(file, "anndata", "0.1.0")
        x = tagged(file.create_group("X"), "csr_matrix", "0.1.0")
        x.attrs["shape"] = np.array((n, genes), np.int64)
        how = {"chunks": (1 << 16,), "compression": None if compression == "none" else compression, "shuffle": compression != "none"}
        if compression == "gzip":
            how["compression_opts"] = 1
        data = x.create_dataset("data", (n * counts,), np.float32, **how)
        indices = x.create_dataset("indices", (n * counts,), np.int32, **how)
        x.create_dataset("indptr", data=np.arange(0, (n + 1) * counts, counts, dtype=np.int64))
        for start in range(0, n, BLOCK):
            rows = min(BLOCK, n - start)
            weight = profile[kinds[start : start + rows]].copy()
            for row in range(rows):
                for program in rng.integers(0, PROGRAMS, rng.integers(1, 4)):
                    weight[row][raised[program]] *= 8
            # The smallest of weighted exponentials: a draw of so many genes without replacement.
            draw = rng.standard_exponential((rows, genes), dtype=np.float32) / weight
            chosen = np.sort(np.argpartition(draw, counts - 1, axis=1)[:, :counts], axis=1)
            mean = np.take_along_axis(weight, chosen, 1)
            found = 1 + rng.poisson(2 * mean / mean.mean(1, keepdims=True))
            at = slice(start * counts, (start + rows) * counts)
            indices[at] = chosen.reshape(-1).astype(np.int32)
            data[at] = found.reshape(-1).astype(np.float32)
        frame(file, "obs", [f"cell{i}" for i in range(n)], [("cell_type", [f"kind {k}" for k in range(KINDS)], kinds)])
        frame(file, "var", [f"G{i}" for i in range(genes)])


def model(source, out, genes):
    source, out = Path(source), Path(out)
    out.mkdir()
    card = json.loads((source / "model.json").read_text())
    own = len(card["genes"])
    card["genes"] = [f"G{i}" for i in range(genes)]
    for file in source.iterdir():
        if file.name != "model.json":
            shutil.copy(file, out / file.name)
    for name, decodes in (("encoder", False), ("decoder", True)):
        with safe_open(source / f"{name}.safetensors", "np") as file:
            tensors, metadata = {key: file.get_tensor(key) for key in file.keys()}, dict(file.metadata() or {})
        for key, value in tensors.items():
            for axis, extent in enumerate(value.shape):
                if extent == own:
                    value = np.take(value, np.arange(genes) % own, axis)
            tensors[key] = np.ascontiguousarray(value)
        for key, text in metadata.items():
            if "genes" in text:
                told = json.loads(text)
                told["genes"] = card["genes"]
                metadata[key] = json.dumps(told)
        save_file(tensors, str(out / f"{name}.safetensors"), metadata)
    (out / "model.json").write_text(json.dumps(card))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["cells", "model"])
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--cells", type=int, default=600_000)
    parser.add_argument("--genes", type=int, default=8000)
    parser.add_argument("--counts", type=int, default=2167)
    parser.add_argument("--compression", choices=["gzip", "lzf", "none"], default="gzip")
    asked = parser.parse_args()
    if asked.what == "cells":
        cells(*asked.paths, asked.cells, asked.genes, asked.counts, asked.compression)
    else:
        model(*asked.paths, asked.genes)
