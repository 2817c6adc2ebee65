"""The arithmetic of `evaluate` beside SciPy, scikit-learn and scanpy.

Run by `cargo xtask bench evaluation`, or: CELLPRISM_BENCH_NATIVE=target/release/cellprism-bench-evaluation-native evaluation.py
    [--rounds 3] [--works NAME ...] [--threads 1]

The work alone is timed, numbers in memory, in turns, with one thread for both unless --threads says more, in seconds of the
processor, which other programs on the machine do not lengthen; what both find is compared, and how far it is apart goes to stderr. scanpy has no way to compare 500 overlapping groups: it is asked for 10 of them, one after another, and its time
is multiplied.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from threadpoolctl import threadpool_limits

warnings.filterwarnings("ignore")


def timed(function):
    start = time.process_time()
    found = function()
    return time.process_time() - start, found


def native(work, name, tensors):
    """Seconds and what was found, as a function to call again."""
    path = work / f"{name}.safetensors"
    save_file({key: np.ascontiguousarray(value, np.float32) for key, value in tensors.items()}, path)

    def run():
        command = [os.environ["CELLPRISM_BENCH_NATIVE"], name, path, work / f"{name}.out"]
        seconds = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        return seconds, np.fromfile(work / f"{name}.out")

    return run


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def assignment(work, rng, n=5000, d=50):
    """Two dictionaries of which the half is the same but for noise, as two seeds find them."""
    from scipy.optimize import linear_sum_assignment

    left = rng.standard_normal((n, d))
    right = np.vstack([left[: n // 2] + 0.3 * rng.standard_normal((n // 2, d)), rng.standard_normal((n - n // 2, d))])
    weights = (unit(left) @ unit(rng.permutation(right)).T).astype(np.float32)
    ours = native(work, "assignment", {"weights": weights})

    def same(a, b):
        total = lambda columns: weights.astype(np.float64)[np.arange(n), columns.astype(int)].sum()  # noqa: E731
        return f"sums {total(a):.6f} and {total(b):.6f}"

    yield f"assignment, {n:,} × {n:,} cosines", "SciPy", ours, lambda: timed(lambda: linear_sum_assignment(weights, maximize=True)[1]), same


def logistic(work, rng, cells=42_000, width=5000, k=80, classes=20, tolerance=1e-4):
    """Activations of which some speak for a class."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    labels = rng.integers(0, classes, cells)
    indices = np.argpartition(rng.random((cells, width), dtype=np.float32) + 0.35 * ((np.arange(width) % classes) == labels[:, None]), -k, axis=1)[:, -k:]
    indices = np.sort(indices, axis=1)
    values = rng.gamma(2.0, 0.5, (cells, k)).astype(np.float32)
    ours = native(work, "logistic", {"indices": indices, "values": values, "labels": labels, "width": [width], "tolerance": [tolerance]})
    x = csr_matrix((values.ravel().astype(np.float64), indices.ravel(), np.arange(0, cells * k + 1, k)), (cells, width))

    def peer():
        return timed(lambda: LogisticRegression(C=1.0, tol=tolerance, max_iter=10_000).fit(x, labels))

    def same(a, model):
        logits = x @ model.coef_.T + model.intercept_
        logits -= logits.max(axis=1, keepdims=True)
        loss = (np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(cells), labels]).mean() + 0.5 * (model.coef_**2).sum() / cells
        return f"losses {a[0]:.8f} after {a[1]:.0f} iterations and {loss:.8f} after {model.n_iter_[0]}"

    yield f"logistic regression, {cells:,} × {width:,}, {k} active, {classes} classes, tolerance {tolerance}", "scikit-learn", ours, peer, same


def differential(work, rng, cells=6000, genes=8000, concepts=500, side=1000, asked=10):
    import anndata
    import scanpy
    from scipy.sparse import csr_matrix

    means = rng.lognormal(-2.5, 1.2, genes)
    counts = rng.poisson(means * rng.lognormal(0, 0.3, (cells, 1))).astype(np.float32)
    group = np.array([rng.choice(cells, 2 * side, replace=False) for _ in range(concepts)])
    group, reference = group[:, :side], group[:, side:]
    ours = native(work, "differential", {"counts": counts, "group": group, "reference": reference})
    data = anndata.AnnData(csr_matrix(counts))
    scanpy.pp.normalize_total(data, target_sum=1e4)
    scanpy.pp.log1p(data)

    def peer():
        found = []
        start = time.process_time()
        for concept in range(asked):
            part = data[np.concatenate([group[concept], reference[concept]])].copy()
            part.obs["side"] = np.repeat(["in", "out"], side)
            part.obs["side"] = part.obs["side"].astype("category")
            scanpy.tl.rank_genes_groups(part, "side", groups=["in"], reference="out", method="t-test")
            table = scanpy.get.rank_genes_groups_df(part, "in").set_index("names")["scores"]
            found.append(table.reindex(part.var_names).to_numpy())
        return (time.process_time() - start) * concepts / asked, np.array(found)

    def same(a, b):
        a = a.reshape(concepts, genes)[:asked]
        known = np.isfinite(b)
        return f"t differs by {np.abs(a - b)[known].max():.1e} (scanpy's is f32)"

    yield f"differential expression, {concepts} concepts, {2 * side:,} cells each, {genes:,} genes", "scanpy", ours, peer, same


def latent(rng, cells, d):
    """Mixtures of skewed sources with some noise."""
    return (rng.laplace(size=(cells, d)) @ rng.standard_normal((d, d)) + 0.1 * rng.standard_normal((cells, d))).astype(np.float32)


def pca(work, rng, cells=100_000, d=512):
    from sklearn.decomposition import PCA

    x = latent(rng, cells, d)
    ours = native(work, "pca", {"embeddings": x})
    same = lambda a, b: f"variances differ by {np.abs(a / (b.explained_variance_ * (cells - 1) / cells) - 1).max():.1e} of themselves"  # noqa: E731
    yield f"PCA, {cells:,} × {d}, all components", "scikit-learn", ours, lambda: timed(lambda: PCA(svd_solver="covariance_eigh").fit(x.astype(np.float64))), same


def ica(work, rng, cells=20_000, d=50):
    from sklearn.decomposition import FastICA

    x, start = latent(rng, cells, d), rng.standard_normal((d, d)).astype(np.float32)
    ours = native(work, "ica", {"embeddings": x, "start": start})

    def peer():
        model = FastICA(whiten="unit-variance", whiten_solver="eigh", w_init=start.astype(np.float64), tol=1e-4, max_iter=200)
        return timed(lambda: model.fit(x.astype(np.float64)))

    def same(a, b):
        cosines = np.abs(unit(a[:-1].reshape(d, d)) @ unit(b.components_).T).max(axis=1)
        return f"components meet by a cosine of {cosines.min():.6f} at least; iterations {a[-1]:.0f} and {b.n_iter_}"

    yield f"FastICA, {cells:,} × {d}", "scikit-learn", ours, peer, same


WORKS = {"assignment": assignment, "logistic": logistic, "differential": differential, "pca": pca, "ica": ica}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--works", nargs="*", default=list(WORKS), choices=list(WORKS))
    options = parser.parse_args()
    os.environ["RAYON_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = str(options.threads)
    print("| work | peer | cellprism, processor s: min / median / max | peer, processor s | peer / cellprism, medians | minima |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in options.works:
        with tempfile.TemporaryDirectory() as work:
            for what, who, ours, peer, same in WORKS[name](Path(work), np.random.default_rng(1)):
                times, theirs = [], []
                for number in range(options.rounds):
                    print(f"{what}: round {number + 1} of {options.rounds}", file=sys.stderr)
                    with threadpool_limits(options.threads):
                        (seconds, a), (other, b) = ours(), peer()
                    times.append(seconds)
                    theirs.append(other)
                print(f"{what}: {same(a, b)}", file=sys.stderr)
                three = [" / ".join(f"{f(all):.3g}" for f in (min, statistics.median, max)) for all in (times, theirs)]
                print(f"| {what} | {who} | {three[0]} | {three[1]} | {statistics.median(theirs) / statistics.median(times):.1f} | {min(theirs) / min(times):.1f} |", flush=True)


if __name__ == "__main__":
    main()
