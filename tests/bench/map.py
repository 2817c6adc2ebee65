"""Maps of cells: cellprism beside umap-learn. One table: CPU seconds, and how well neighbours are kept.

Run by `cargo xtask bench map`, or: CELLPRISM_BENCH_NATIVE=target/release/cellprism-bench-map-native map.py [FILE ...]
    [--sizes 20000 200000] [--skip-peer-above 50000]

Each FILE holds embeddings (tensor `embeddings`, for instance `cells/embeddings.safetensors` of a bundle); beside them cells are
made: 40 types of uneven size, a third of the cells on paths between two of them, 12 dimensions turned into 50 with noise.
Both take 15 neighbours, a minimal distance of 0.3 and a seed (with which umap-learn lays out on one thread). CPU seconds count
all threads, for umap-learn without its compilation (a small map is made first).

Kept neighbours: of 2,000 cells, the share of the true 15 nearest that are among the 15 nearest on the map. Trustworthiness:
scikit-learn's measure for 15 neighbours, over the same cells.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from sklearn.neighbors import NearestNeighbors

K, ASKED = 15, 2000


def made(n, d=50, types=40, inner=12):
    rng = np.random.default_rng(7)
    centres = rng.normal(0, 3, (types, inner))
    share = rng.gamma(0.7, 1, types)
    kind = rng.choice(types, n, p=share / share.sum())
    towards = rng.integers(0, types, types)
    along = np.where(rng.random(n) < 0.3, rng.random(n), 0)[:, None]
    inside = centres[kind] * (1 - along) + centres[towards[kind]] * along + rng.normal(0, 0.5, (n, inner))
    turn, _ = np.linalg.qr(rng.normal(size=(d, d)))
    return (np.concatenate([inside, rng.normal(0, 0.2, (n, d - inner))], 1) @ turn.T).astype(np.float32)


def nearest(points, asked):
    return NearestNeighbors(n_neighbors=K + 1).fit(points).kneighbors(points[asked])[1][:, 1:]


def quality(points, plane):
    n = len(points)
    asked = np.random.default_rng(0).choice(n, min(n, ASKED), replace=False)
    true, seen = nearest(points, asked), nearest(plane, asked)
    kept = np.mean([len(set(a) & set(b)) / K for a, b in zip(true, seen)])
    beyond = 0.0
    for cell, row in zip(asked, seen):
        distance = ((points - points[cell]) ** 2).sum(1)
        # The cell itself is nearer than all, so that the count is the rank from 1.
        rank = np.array([(distance < distance[other]).sum() for other in row])
        beyond += np.maximum(rank - K, 0).sum()
    return kept, 1 - 2 / (len(asked) * K * (2 * n - 3 * K - 1)) * beyond


def cpu(who):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def ours(file, work):
    before = cpu(resource.RUSAGE_CHILDREN)
    out = work / "map.f32"
    said = subprocess.run([os.environ["CELLPRISM_BENCH_NATIVE"], file, out], check=True, capture_output=True, text=True).stdout
    return np.fromfile(out, np.float32).reshape(-1, 2), cpu(resource.RUSAGE_CHILDREN) - before, json.loads(said)


def peer(points):
    import umap

    options = {"n_neighbors": K, "min_dist": 0.3, "random_state": 1, "n_jobs": 1}
    umap.UMAP(**options).fit_transform(points[:500])
    before = cpu(resource.RUSAGE_SELF)
    plane = umap.UMAP(**options).fit_transform(points)
    return plane, cpu(resource.RUSAGE_SELF) - before


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--sizes", nargs="*", type=int, default=[20_000, 200_000])
    parser.add_argument("--skip-peer-above", type=int, default=50_000)
    asked = parser.parse_args()
    print("| cells | what | CPU s | neighbours found | kept on the map | trustworthiness |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        files = list(asked.files)
        for n in asked.sizes:
            files.append(work / f"made-{n}.safetensors")
            save_file({"embeddings": made(n)}, files[-1])
        for file in files:
            points = load_file(file)["embeddings"]
            name = f"{len(points):,} × {points.shape[1]} ({'made' if file.name.startswith('made-') else 'given'})"
            began = time.perf_counter()
            plane, used, said = ours(file, work)
            kept, trust = quality(points, plane)
            print(f"| {name} | cellprism | {used:.1f} | {said['found']:.3f} | {kept:.3f} | {trust:.4f} |", flush=True)
            print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
            if len(points) <= asked.skip_peer_above:
                plane, used = peer(points)
                kept, trust = quality(points, plane)
                print(f"| {name} | umap-learn | {used:.1f} | | {kept:.3f} | {trust:.4f} |", flush=True)


if __name__ == "__main__":
    main()
