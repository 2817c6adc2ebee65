"""Foundation models: cellprism's embeddings and occlusions beside scvi-tools and PyTorch.

Run by `cargo xtask bench models`, or: CELLPRISM_BINARY=target/release/cellprism models.py [--rounds 5] [--works nearest scgpt scvi occlusion]

Programs run in turns, one at a time, with all cores; every figure is from this run, without start-up. Peers:
    eager    plain PyTorch, operator by operator, as scGPT runs where flash attention is not installed
    fused    PyTorch's fused inference path of nn.TransformerEncoder
    scvi     scvi-tools' get_latent_representation, cells in memory (cellprism reads them from the file)
    scvi-file  the same with anndata.read_h5ad before it: both from the file
    passes   one pass of scVI's encoder a gene in PyTorch, in batches of 500
    faiss    IndexFlatL2, all queries at once; it cannot leave cells out by query, so one more is asked for
    sklearn  NearestNeighbors with brute force, all queries at once
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import scipy.sparse as sp
import torch
from safetensors.numpy import load_file, save_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "parity"))
import scgpt_model  # noqa: E402

warnings.filterwarnings("ignore")


def cellprism(*arguments):
    command = [os.environ["CELLPRISM_BINARY"], "--json", "--quiet", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def cells(path, n, genes, names):
    rng = np.random.default_rng(0)
    rate = rng.gamma(0.3, 1.0, genes)
    blocks = [sp.csr_matrix(rng.poisson(rate * rng.gamma(2.0, 0.5, (min(1000, n - i), 1))).astype(np.float32)) for i in range(0, n, 1000)]
    data = anndata.AnnData(sp.vstack(blocks).tocsr(), pd.DataFrame(index=[f"c{i}" for i in range(n)]), pd.DataFrame(index=names))
    data.write_h5ad(path)
    return data


def timed(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def scgpt(work, n=6, tokens=1200):
    """Seconds per cell of the published size, on `tokens` tokens."""
    genes = [f"GENE{i}" for i in range(60694)]
    model = scgpt_model.random_model(60694, 512, 8, 512, 12)
    scgpt_model.save(model, work / "checkpoint", genes, {"pad_token": "<pad>", "pad_value": -2, "n_bins": 51})
    cellprism("import", "scgpt", work / "checkpoint", "--out", work / "model")
    data = cells(work / "cells.h5ad", n, tokens - 1, genes[: tokens - 1])
    ids = torch.tensor([[60695, *range(tokens - 1)]])
    values = torch.tensor(np.array([[-2, *scgpt_model.bins(row)] for row in data.X.toarray()]), dtype=torch.float32)

    def ours():
        return cellprism("embed", "--model", work / "model", "--cells", work / "cells.h5ad", "--out", work / "e.safetensors")["seconds"] / n

    def peer(fused):
        torch.backends.mha.set_fastpath_enabled(fused)
        with torch.no_grad():
            return timed(lambda: [model(ids, row[None]) for row in values[:3]]) / 3

    yield f"scGPT embedding, {tokens} tokens, 51 M parameters", "s a cell", ours, {"eager": lambda: peer(False), "fused": lambda: peer(True)}
    with torch.no_grad():
        theirs = model(ids, values[:1]).numpy()
    error = np.abs(load_file(work / "e.safetensors")["embeddings"][:1] - theirs).max()
    print(f"scGPT: embeddings differ by {error:.1e}", file=sys.stderr)


def scvi_model(work, n, genes):
    import scvi

    scvi.settings.verbosity = 40
    data = cells(work / "scvi.h5ad", n, genes, [f"G{i}" for i in range(genes)])
    scvi.model.SCVI.setup_anndata(data)
    model = scvi.model.SCVI(data, n_hidden=128, n_latent=50, n_layers=2, gene_likelihood="nb")
    model.train(max_steps=3, accelerator="cpu", enable_progress_bar=False, logger=False)
    model.save(work / "scvi", overwrite=True)
    cellprism("import", "scvi", work / "scvi", "--out", work / "scvi-model")
    return model, data


def scvi_embedding(work, n=20_000, genes=8000):
    """Seconds per 1,000 cells."""
    model, data = scvi_model(work, n, genes)

    def ours():
        return cellprism("embed", "--model", work / "scvi-model", "--cells", work / "scvi.h5ad", "--out", work / "z.safetensors")["seconds"] / n * 1000

    def peer(cells):
        return timed(lambda: model.get_latent_representation(cells(), batch_size=1024)) / n * 1000

    read = lambda: anndata.read_h5ad(work / "scvi.h5ad")  # noqa: E731
    peers = {"scvi": lambda: peer(lambda: data), "scvi-file": lambda: peer(read)}
    yield f"scVI embedding, {genes} genes", "s per 1,000 cells", ours, peers
    error = np.abs(load_file(work / "z.safetensors")["embeddings"] - model.get_latent_representation(data)).max()
    print(f"scVI: latents differ by {error:.1e}", file=sys.stderr)


def occlusion(work, n=2000, genes=8000, concepts=500):
    """Seconds per pair of prototype and counterfactual."""
    model, data = scvi_model(work, n, genes)
    z = model.get_latent_representation(data)
    rng = np.random.default_rng(0)
    w = rng.standard_normal((concepts, 50)).astype(np.float32)
    w /= np.linalg.norm(w, axis=1, keepdims=True)
    folder = work / "sae"
    folder.mkdir(exist_ok=True)
    sae = {"W_enc": np.ascontiguousarray(w.T), "b_enc": np.zeros(concepts, np.float32), "W_dec": w, "b_dec": z.mean(0)}
    save_file(sae, str(folder / "sae_weights.safetensors"))
    config = {"architecture": "topk", "d_in": 50, "d_sae": concepts, "k": 8, "dtype": "float32", "apply_b_dec_to_input": True, "normalize_activations": "none"}
    (folder / "cfg.json").write_text(json.dumps(config))

    def ours():
        done = cellprism("attribute", "--paper", "--model", work / "scvi-model", "--sae", folder, "--cells", work / "scvi.h5ad", "--out", work / "a.safetensors")
        found = load_file(work / "a.safetensors")["counterfactuals"]
        return done["seconds"] / (found != 2**32 - 1).sum()

    encoder, rows = model.module.z_encoder.eval(), data.X[:2].toarray()

    def passes():
        for start in range(0, genes, 500):
            x = np.repeat(rows[:1], 500, 0)
            x[np.arange(500), np.arange(start, start + 500)] = rows[1, start : start + 500]
            latent = encoder.mean_encoder(encoder.encoder(torch.log1p(torch.tensor(x))))
            torch.topk((latent - torch.tensor(sae["b_dec"])) @ torch.tensor(sae["W_enc"]), 8)

    def peer():
        with torch.no_grad():
            return timed(passes)

    yield f"scVI occlusion, {genes} genes, {concepts} concepts", "s a pair", ours, {"passes": peer}


def nearest(work, n=200_000, queries=5_000, d=512, wanted=3):
    """Seconds for the nearest cells of all queries; cells in groups along 30 directions, with noise."""
    import faiss
    from sklearn.neighbors import NearestNeighbors

    rng = np.random.default_rng(0)
    centres, directions = rng.standard_normal((50, d), dtype=np.float32), rng.standard_normal((30, d), dtype=np.float32)
    x = 2 * centres[rng.integers(0, 50, n)] + 0.3 * rng.standard_normal((n, 30), dtype=np.float32) @ directions
    x += 0.3 * rng.standard_normal((n, d), dtype=np.float32)
    save_file({"embeddings": x}, str(work / "x.safetensors"))
    faiss.omp_set_num_threads(os.cpu_count())
    flat = faiss.IndexFlatL2(d)
    flat.add(x)
    brute = NearestNeighbors(algorithm="brute").fit(x)
    theirs = {}

    def ours():
        command = [os.environ["CELLPRISM_BENCH_NATIVE"], work / "x.safetensors", str(queries), str(wanted), work / "near"]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    def peer(name, search):
        def run():
            theirs[name] = search(x[:queries])
        return lambda: timed(run)

    peers = {"faiss": lambda q: flat.search(q, wanted + 1)[1], "sklearn": lambda q: brute.kneighbors(q, wanted + 1)[1]}
    what = f"nearest {wanted} of {n:,} cells, {d} dimensions, {queries:,} queries"
    yield what, "s", ours, {name: peer(name, search) for name, search in peers.items()}
    found = np.fromfile(work / "near", dtype=np.uint32).reshape(queries, wanted)
    for name, other in theirs.items():
        print(f"nearest: {100 * (found == other[:, 1:]).mean():.3f} % of cells are {name}'s, which sums in f32", file=sys.stderr)


WORKS = {"nearest": nearest, "scgpt": scgpt, "scvi": scvi_embedding, "occlusion": occlusion}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--works", nargs="*", default=list(WORKS), choices=list(WORKS))
    options = parser.parse_args()
    torch.set_num_threads(os.cpu_count())
    print("| work | unit | peer | cellprism min / median / max | peer min / median / max | peer / cellprism |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in options.works:
        with tempfile.TemporaryDirectory() as work:
            for what, unit, ours, peers in WORKS[name](Path(work)):
                found = {who: [] for who in ["cellprism", *peers]}
                for number in range(options.rounds):
                    print(f"{what}: round {number + 1} of {options.rounds}", file=sys.stderr)
                    for who, function in {"cellprism": ours, **peers}.items():
                        found[who].append(function())
                three = {who: " / ".join(f"{f(times):.3g}" for f in (min, statistics.median, max)) for who, times in found.items()}
                for peer in peers:
                    ratio = statistics.median(found[peer]) / statistics.median(found["cellprism"])
                    print(f"| {what} | {unit} | {peer} | {three['cellprism']} | {three[peer]} | {ratio:.1f} |", flush=True)


if __name__ == "__main__":
    main()
