"""The whole job on PBMC 3k: `cellprism run`, and the same steps with the tools that the paper names.

Run by `cargo xtask bench job`, or: CELLPRISM_BINARY=target/release/cellprism CELLPRISM_SHARED=../shared job.py [--rounds 3] [--concepts 40]
    [--asked 6] [--threads N]

Both read the h5ad, embed the cells through the shared scVI, train a sparse autoencoder of one size for as many steps, find prototypes
and counterfactuals, swap every gene of every pair, compare expression, and run the enrichment analysis of two libraries (1,000
permutations): the paper's readings (`--reading paper`), no neurons. Tools: scvi-tools, PyTorch (dense, as in sae.py), scikit-learn
for neighbours, scanpy, GSEApy. What is done concept by concept is done for some concepts (--asked) and multiplied. The program also
draws a map where the file has none, writes the bundle and verifies it; that time is in. A second line is the program's own default,
with its held-out cells, typical cells, calibration and neurons: what the tools are not asked for.

Seconds on the clock are told and seconds of the processor: on a machine that others use only the latter, with one thread, say how much
work it was, since PyTorch's threads wait for each other.
"""
import argparse
import gzip
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")
PROTOTYPES, COUNTERFACTUALS, EPOCHS, RATE = 10, 3, 1334, 1e-3


def run(shared, work, options, *more):
    """Seconds on the clock and of the processor."""
    out = work / "bundle"
    command = [os.environ["CELLPRISM_BINARY"], "--quiet", "run", "--cells", shared / "data/pbmc3k.h5ad", "--model", shared / "data/reference/models/scvi"]
    command += ["--gene-sets", *libraries(shared), "--concepts", options.concepts, "--active", options.active, "--epochs", EPOCHS]
    command += ["--overwrite", "--out", out, *more]
    start, busy = time.perf_counter(), of_children()
    subprocess.run([str(word) for word in command], check=True)
    found = np.array([time.perf_counter() - start, of_children() - busy])
    print(f"cellprism run {' '.join(more)}: {found[0]:.2f} s, {found[1]:.2f} of the processor", file=sys.stderr)
    return found


def of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def libraries(shared):
    return [shared / "data/gmt" / name for name in ("MSigDB_Hallmark_2020.gmt.gz", "GO_Biological_Process_2025.gmt.gz")]


class Clock:
    """Seconds by step: on the clock and of the processor."""

    def __init__(self):
        self.steps, self.last = {}, self.now()

    def now(self):
        return np.array([time.perf_counter(), time.process_time()])

    def step(self, name, times=1.0):
        now = self.now()
        print(f"{name}: {now[0] - self.last[0]:.2f} s, {now[1] - self.last[1]:.2f} of the processor", file=sys.stderr)
        self.steps[name] = self.steps.get(name, 0) + (now - self.last) * times
        self.last = now


def tools(shared, options):
    """The steps of the job, tool by tool."""
    concepts, active, asked = options.concepts, options.active, options.asked
    import anndata
    import gseapy
    import scanpy
    import scvi
    import torch
    from sklearn.neighbors import NearestNeighbors
    from threadpoolctl import threadpool_limits

    import sae as trainers

    scvi.settings.verbosity = 40
    torch.set_num_threads(options.threads)
    threadpool_limits(options.threads)
    clock = Clock()
    data = anndata.read_h5ad(shared / "data/pbmc3k.h5ad")
    sets = [{f[0]: f[2:] for f in (line.split("\t") for line in gzip.open(path, "rt").read().splitlines())} for path in libraries(shared)]
    clock.step("read")
    scvi.model.SCVI.prepare_query_anndata(data, str(shared / "data/reference/models/scvi"))
    model = scvi.model.SCVI.load(str(shared / "data/reference/models/scvi"), adata=data, accelerator="cpu")
    z = model.get_latent_representation(batch_size=1024)
    clock.step("embed")
    x = torch.tensor(z)
    trainer = trainers.Plain(z.shape[1], concepts, active, 0, False, rate=RATE)
    with torch.no_grad():
        trainer.b_dec.copy_(x.mean(0))
    for epoch in range(EPOCHS):
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(epoch))
        for start in range(0, len(x), trainers.BATCH):
            trainer.step(x[order[start : start + trainers.BATCH]])
    clock.step("train")
    with torch.no_grad():
        pre = (x - trainer.b_dec) @ trainer.W_enc + trainer.b_enc
        value, index = torch.topk(pre, active)
        codes = torch.zeros_like(pre).scatter(1, index, torch.relu(value)).numpy()
    encoder = model.module.z_encoder.eval()
    counts = data.layers["counts"] if "counts" in data.layers else data.X
    dense = np.asarray(counts.todense(), np.float32)
    logs = scanpy.AnnData(counts.copy(), var=data.var[[]])
    scanpy.pp.normalize_total(logs, target_sum=1e4)
    scanpy.pp.log1p(logs)
    clock.step("activations")
    alive = [c for c in range(concepts) if (codes[:, c] > 0).sum() >= 20]
    share = len(alive) / min(asked, len(alive))
    for concept in alive[:asked]:
        on, off = np.flatnonzero(codes[:, concept] > 0), np.flatnonzero(codes[:, concept] == 0)
        prototypes = on[np.argsort(-codes[on, concept])][:PROTOTYPES]
        near = off[NearestNeighbors(n_neighbors=COUNTERFACTUALS, algorithm="brute").fit(z[off]).kneighbors(z[prototypes])[1]]
        clock.step("neighbours", share)
        scores = np.zeros(dense.shape[1])
        with torch.no_grad():
            for cell, others in zip(prototypes, near):
                for other in others:
                    differ = np.flatnonzero(dense[cell] != dense[other])
                    for start in range(0, len(differ), 500):
                        genes = differ[start : start + 500]
                        rows = np.repeat(dense[cell][None], len(genes), 0)
                        rows[np.arange(len(genes)), genes] = dense[other][genes]
                        latent = encoder.mean_encoder(encoder.encoder(torch.log1p(torch.tensor(rows))))
                        p = (latent - trainer.b_dec) @ trainer.W_enc + trainer.b_enc
                        value, index = torch.topk(p, active)
                        after = torch.zeros_like(p).scatter(1, index, torch.relu(value))[:, concept].numpy()
                        scores[genes] += codes[cell, concept] - after
        clock.step("swaps", share)
        group, reference = on[np.argsort(-codes[on, concept])][:1000], np.unique(near)
        part = logs[np.concatenate([group, reference])].copy()
        part.obs["side"] = ["in"] * len(group) + ["out"] * len(reference)
        part.obs["side"] = part.obs["side"].astype("category")
        scanpy.tl.rank_genes_groups(part, "side", groups=["in"], reference="out", method="t-test")
        clock.step("differential expression", share)
        import pandas as pd

        ranking = pd.Series(scores / (PROTOTYPES * COUNTERFACTUALS), index=data.var_names).sort_values(ascending=False, kind="stable")
        for library in sets:
            gseapy.prerank(ranking, library, min_size=15, max_size=500, permutation_num=1000, seed=123, threads=options.threads, no_plot=True, outdir=None)
        clock.step("enrichment", share)
    return clock.steps


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--concepts", type=int, default=40)
    parser.add_argument("--active", type=int, default=3)
    parser.add_argument("--asked", type=int, default=6)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    if "CELLPRISM_SHARED" not in os.environ:
        sys.exit("the shared folder with pbmc3k.h5ad and the scVI checkpoint is not here (CELLPRISM_SHARED)")
    shared = Path(os.environ["CELLPRISM_SHARED"])
    for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS"):
        os.environ[name] = str(options.threads)
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    paper, full, theirs = [], [], []
    with tempfile.TemporaryDirectory() as work:
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
            paper.append(run(shared, Path(work), options, "--reading", "paper"))
            full.append(run(shared, Path(work), options, "--neurons"))
            theirs.append(tools(shared, options))
    totals = [sum(steps.values()) for steps in theirs]
    middle = np.median(totals, axis=0)
    print(f"| work, {options.concepts} concepts, {options.threads} thread{'s' * (options.threads > 1)} | s: min / median / max | of the processor | tools / cellprism | of the processor |")
    print("| --- | --- | --- | --- | --- |")
    row("the tools, one after another", totals)
    for name in theirs[0]:
        row(f"– {name}", [steps[name] for steps in theirs])
    row("cellprism run --reading paper", paper, middle)
    row("cellprism run --neurons, with everything that the tools were not asked for", full, middle)


def row(what, times, theirs=None):
    three = [" / ".join(f"{f(column):.3g}" for f in (np.min, np.median, np.max)) for column in np.transpose(times)]
    ratios = ["", ""] if theirs is None else [f"{ratio:.0f}" for ratio in theirs / np.median(times, axis=0)]
    print(f"| {what} | {' | '.join(three + ratios)} |")


if __name__ == "__main__":
    main()
