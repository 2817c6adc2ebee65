"""Milliseconds per training step of a sparse autoencoder: cellprism's native engine, its ONNX step, and three peers.

Run by `cargo xtask bench sae`, or: CELLPRISM_BINARY=target/release/cellprism sae.py [--threads 1 2] [--rounds 5] [--sizes small large]

Programs and peers run in turns, one at a time, with the same number of threads; every figure is from this run. All steps
have a batch of 1024 and Adam. Peers:
    overcomplete   overcomplete.sae.TopKSAE with its own top_k_auxiliary_loss (no concept is dead: it then does least)
    dense          plain PyTorch: dense activations, AuxK on the dead columns
    embedding_bag  plain PyTorch: decoding by embedding_bag, AuxK on the dead columns
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import torch

SIZES = {"small": (50, 500, 8), "large": (512, 5000, 80)}
BATCH, RATE, AUX = 1024, 1e-6, 1 / 32


def planted(d, n, seed=1):
    """Sparse mixtures of unit directions plus noise."""
    g = torch.Generator().manual_seed(seed)
    directions = torch.nn.functional.normalize(torch.randn(2 * d, d, generator=g), dim=1)
    code = torch.rand(n, 2 * d, generator=g) * (torch.rand(n, 2 * d, generator=g) < 3 / d)
    return code @ directions + 0.05 * torch.randn(n, d, generator=g)


class Plain:
    """The step in plain PyTorch."""

    def __init__(self, d, c, k, dead, bag):
        rows = torch.nn.functional.normalize(torch.randn(c, d, generator=torch.Generator().manual_seed(0)), dim=1)
        self.k, self.bag, self.aux_k = k, bag, min(512, c // 2)
        self.W_enc, self.b_enc = torch.nn.Parameter(rows.T.clone().contiguous()), torch.nn.Parameter(torch.zeros(c))
        self.W_dec, self.b_dec = torch.nn.Parameter(rows.clone()), torch.nn.Parameter(torch.zeros(d))
        with torch.no_grad():
            self.W_enc[:, :dead] *= 0.02
        self.since = torch.zeros(c, dtype=torch.long)
        self.window = 10**12
        self.since[:dead] = self.window
        self.adam = torch.optim.Adam([self.W_enc, self.b_enc, self.W_dec, self.b_dec], lr=RATE)

    def step(self, x):
        pre = (x - self.b_dec) @ self.W_enc + self.b_enc
        value, index = torch.topk(pre, self.k, dim=1, sorted=False)
        value = torch.relu(value)
        if self.bag:
            rebuilt = torch.nn.functional.embedding_bag(index, self.W_dec, mode="sum", per_sample_weights=value)
            fired = torch.zeros_like(self.since, dtype=torch.bool)
            fired[index[value > 0]] = True
        else:
            u = torch.zeros_like(pre).scatter(1, index, value)
            rebuilt, fired = u @ self.W_dec, (u > 0).any(0)
        error = x - rebuilt - self.b_dec
        loss = error.square().mean()
        self.since += len(x)
        self.since[fired] = 0
        dead = self.since >= self.window
        if dead.any():
            columns = pre[:, dead]
            a = torch.relu(columns)
            if a.shape[1] > self.aux_k:
                best, at = torch.topk(columns, self.aux_k, dim=1, sorted=False)
                a = torch.zeros_like(columns).scatter(1, at, torch.relu(best))
            loss = loss + AUX * (error.detach() - a @ self.W_dec[dead]).square().mean()
        self.adam.zero_grad()
        loss.backward()
        with torch.no_grad():
            w, g = self.W_dec, self.W_dec.grad
            g -= (g * w).sum(1, keepdim=True) * w
            self.adam.step()
            w /= w.norm(dim=1, keepdim=True)


class Overcomplete:
    """overcomplete's autoencoder and loss, as its train_sae calls them."""

    def __init__(self, d, c, k):
        import matplotlib.cm
        import matplotlib.pyplot

        # overcomplete 0.3.0 asks matplotlib for a function that newer releases have moved.
        if not hasattr(matplotlib.cm, "get_cmap"):
            matplotlib.cm.get_cmap = matplotlib.pyplot.get_cmap
        from overcomplete.sae import TopKSAE
        from overcomplete.sae.losses import top_k_auxiliary_loss

        torch.manual_seed(0)
        self.sae, self.loss = TopKSAE(d, nb_concepts=c, top_k=k, device="cpu"), top_k_auxiliary_loss
        self.adam = torch.optim.Adam(self.sae.parameters(), lr=RATE)

    def step(self, x):
        self.adam.zero_grad()
        pre, codes, rebuilt = self.sae(x)
        loss = self.loss(x, rebuilt, pre, codes, self.sae.get_dictionary())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.sae.parameters(), 1.0)
        self.adam.step()


def peer(kind, d, c, k, dead, steps):
    x = planted(d, BATCH)
    model = Overcomplete(d, c, k) if kind == "overcomplete" else Plain(d, c, k, dead, kind == "embedding_bag")
    times = []
    for step in range(steps + 2):
        start = time.perf_counter()
        model.step(x)
        if step >= 2:
            times.append((time.perf_counter() - start) * 1e3)
    return times


def program(engine, d, c, k, dead, steps, threads):
    sizes = {"size": d, "concepts": c, "active": k, "batch": BATCH, "dead": dead, "steps": steps, "threads": threads}
    command = [os.environ["CELLPRISM_BINARY"], "sae", "bench", "--json", "--engine", engine]
    for name, value in sizes.items():
        command += ["--" + name, str(value)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", nargs="*", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--engines", nargs="*", default=["native", "onnx"])
    options = parser.parse_args()
    print("| step | threads | dead | what | min ms | median ms | max ms | dense / it | embedding_bag / it | overcomplete / it |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for size, threads in ((size, threads) for size in options.sizes for threads in options.threads):
        torch.set_num_threads(threads)
        d, c, k = SIZES[size]
        steps = 40 if size == "small" else 6
        for dead in (0, c // 5):
            peers = ["dense", "embedding_bag"] + (["overcomplete"] if dead == 0 else [])
            found = {name: [] for name in [*options.engines, *peers]}
            for number in range(options.rounds):
                print(f"d{d} c{c} k{k}, {dead} dead, {threads} thread(s): round {number + 1} of {options.rounds}", file=sys.stderr)
                for name in options.engines:
                    found[name].append(program(name, d, c, k, dead, steps, threads))
                for name in peers:
                    times = peer(name, d, c, k, dead, steps)
                    found[name].append({"min": min(times), "median": statistics.median(times), "max": max(times)})
            medians = {name: statistics.median(run["median"] for run in runs) for name, runs in found.items()}
            for name, runs in found.items():
                least, most = min(run["min"] for run in runs), max(run["max"] for run in runs)
                ratios = [f"{medians[p] / medians[name]:.1f}" if p in medians else "" for p in ("dense", "embedding_bag", "overcomplete")]
                print(f"| d{d} c{c} k{k} | {threads} | {dead} | {name} | {least:.2f} | {medians[name]:.2f} | {most:.2f} | {' | '.join(ratios)} |", flush=True)


if __name__ == "__main__":
    main()
