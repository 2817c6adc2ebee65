"""scGPT checkpoints of many shapes, imported by cellprism, give PyTorch's embeddings and the definition's attributions.

    CELLPRISM_BINARY=target/release/cellprism scgpt_torch.py        (torch, onnx, onnxruntime, h5py, anndata)

Every model is random in all its parameters. PyTorch runs in f64 on the same f32 weights. Embeddings to 1e-5 by both
sequence rules and through the padded graph (`model.onnx` as it is, in a batch of unequal lengths); attributions, one
gene at a time through the whole model, to 1e-5.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import anndata
import numpy as np
import onnx
import onnxruntime
import pandas as pd
import torch
from safetensors.numpy import load_file, save_file

import scgpt_model as scgpt

# name: (width, heads, hidden, layers), how it is saved, what args.json says
MODELS = {
    "flash naming": ((32, 4, 32, 2), {}, {}),
    "plain naming": ((32, 4, 32, 2), {"flash": False}, {}),
    "one layer, one head": ((16, 1, 24, 1), {}, {}),
    "wide feed-forward": ((24, 3, 100, 3), {"flash": False, "wrapped": True}, {"max_seq_len": 500}),
    "narrow heads": ((48, 12, 20, 2), {}, {"n_bins": 11, "pad_value": -1}),
    "eight layers": ((64, 8, 64, 8), {}, {"input_emb_style": "continuous", "use_batch_labels": True}),
}
GENES, CELLS, NONE = 60, 14, 2**32 - 1


def cells(path, seed=0):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.gamma(0.7, 1.5, (1, GENES)) * rng.gamma(2.0, 0.5, (CELLS, 1))).astype(np.float32)
    counts[0] = 0  # a cell without counts
    names = [f"GENE{i}" for i in rng.permutation(GENES)]
    names[3], names[40] = "unknown1", "unknown2"
    data = anndata.AnnData(counts, pd.DataFrame(index=[f"cell{i}" for i in range(CELLS)]), pd.DataFrame(index=names))
    data.write_h5ad(path)
    return counts, names


def run(*arguments):
    command = [os.environ["CELLPRISM_BINARY"], "--quiet", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command[2:4])}: {done.stderr}")


class Cells:
    """Bins of every cell over the genes that the vocabulary has, and their sequences; token i is GENEi."""

    def __init__(self, counts, names, n_bins, pad_value, nonzero):
        known = [i for i, name in enumerate(names) if name.startswith("GENE")]
        self.ids = np.array([int(names[i][4:]) for i in known])
        self.bins = np.array([scgpt.bins(row, n_bins) for row in counts[:, known]])
        self.pad_value, self.nonzero = pad_value, nonzero

    def sequence(self, bins):
        keep = bins > 0 if self.nonzero else np.ones(len(bins), bool)
        return np.concatenate([[GENES + 1], self.ids[keep]]), np.concatenate([[self.pad_value], bins[keep]])

    def all(self):
        return [self.sequence(bins) for bins in self.bins]

    def swapped(self, cell, other, gene):
        bins = self.bins[cell].copy()
        bins[gene] = self.bins[other][gene]
        return self.sequence(bins)


def embed(model, cells):
    with torch.no_grad():
        return np.concatenate([model(torch.tensor(t)[None], torch.tensor(v, dtype=torch.float64)[None]).numpy() for t, v in cells])


def padded(folder, cells, pad_value):
    """The model as it lies on disk, all cells in one batch."""
    longest = max(len(t) for t, _ in cells)
    feed = {"tokens": np.array([np.pad(t, (0, longest - len(t)), constant_values=GENES) for t, _ in cells], np.int64),
            "values": np.array([np.pad(v, (0, longest - len(v)), constant_values=pad_value) for _, v in cells], np.float32),
            "mask": np.array([len(t) for t, _ in cells], np.int32)}
    file = folder / "model.onnx"
    onnx.checker.check_model(str(file), full_check=False)
    return onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"]).run(["embeddings"], feed)[0]


def topk(x, sae, k):
    pre = (x - sae["b_dec"]) @ sae["W_enc"] + sae["b_enc"]
    order = np.argsort(-pre, axis=1, kind="stable")[:, :k]
    u = np.zeros_like(pre)
    np.put_along_axis(u, order, np.maximum(np.take_along_axis(pre, order, 1), 0), 1)
    return u, pre


def attribution(model, folder, path, work, cells, embeddings, k=4, concepts=24):
    """Scores of every gene, one whole pass each, against `cellprism attribute`; the largest difference."""
    rng, d = np.random.default_rng(5), embeddings.shape[1]
    w = rng.standard_normal((concepts, d))
    w = (w / np.linalg.norm(w, axis=1, keepdims=True)).astype(np.float32)
    sae = {"W_enc": np.ascontiguousarray(w.T), "b_enc": np.zeros(concepts, np.float32), "W_dec": w, "b_dec": embeddings.mean(0).astype(np.float32)}
    folder_sae = work / "sae"
    folder_sae.mkdir(exist_ok=True)
    save_file(sae, str(folder_sae / "sae_weights.safetensors"))
    config = {"architecture": "topk", "d_in": d, "d_sae": concepts, "k": k, "dtype": "float32", "apply_b_dec_to_input": True, "normalize_activations": "none"}
    (folder_sae / "cfg.json").write_text(json.dumps(config))
    rule = "nonzero" if cells.nonzero else "fixed-hvg"
    run("attribute", "--model", folder, "--sae", folder_sae, "--cells", path, "--prototypes", 2, "--counterfactuals", 2, "--sequence", rule, "--out", work / "a.safetensors")
    ours = load_file(work / "a.safetensors")
    exact = {name: value.astype(np.float64) for name, value in sae.items()}
    genes, base, known, worst = len(cells.ids), topk(embeddings, exact, k), {}, 0.0
    for row, concept in enumerate(ours["concepts"]):
        pairs = [(p, c) for p, others in zip(ours["prototypes"][row], ours["counterfactuals"][row]) for c in others if c != NONE and p != NONE]
        scores = np.zeros((2, genes))
        for p, c in pairs:
            for gene in np.flatnonzero(cells.bins[p] != cells.bins[c]):
                swap = (p, gene, cells.bins[c][gene])
                if swap not in known:
                    known[swap] = topk(embed(model, [cells.swapped(p, c, gene)]), exact, k)
                scores[:, gene] += [before[p, concept] - after[0, concept] for before, after in zip(base, known[swap])]
        for key, theirs in zip(("scores", "scores_pre_topk"), scores / max(len(pairs), 1)):
            worst = max(worst, np.abs(ours[key][row] - theirs).max())
    return worst


def main():
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        path = work / "cells.h5ad"
        counts, names = cells(path)
        for i, (what, ((width, heads, hidden, layers), saved, args)) in enumerate(MODELS.items()):
            model = scgpt.random_model(GENES, width, heads, hidden, layers, seed=i)
            scgpt.save(model, work / f"c{i}", [f"GENE{j}" for j in range(GENES)], args, **saved)
            model, folder = model.double(), work / f"m{i}"
            torch.backends.mha.set_fastpath_enabled(False)
            run("import", "scgpt", work / f"c{i}", "--out", folder)
            report = []
            for nonzero in (False, True):
                rule, out = "nonzero" if nonzero else "fixed-hvg", work / "e.safetensors"
                run("embed", "--model", folder, "--cells", path, "--sequence", rule, "--out", out)
                expected = Cells(counts, names, args.get("n_bins", 51), args.get("pad_value", -2), nonzero)
                theirs = embed(model, expected.all())
                report += [np.abs(found - theirs).max() for found in (load_file(out)["embeddings"], padded(folder, expected.all(), expected.pad_value))]
                if i < 2:
                    report.append(attribution(model, folder, path, work, expected, theirs))
            if max(report) > 1e-5:
                sys.exit(f"{what}: differs by {report}")
            print(f"ok {what}: largest difference {max(report):.1e}")


if __name__ == "__main__":
    main()
