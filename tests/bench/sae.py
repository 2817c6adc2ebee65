"""Training of a sparse autoencoder: cellprism's native engine, its ONNX step, and three peers. Two tables: milliseconds per
step, and seconds until a whole training reaches an R².

Run by `cargo xtask bench sae`, or: CELLPRISM_BINARY=target/release/cellprism sae.py [--threads 1 2] [--rounds 5] [--sizes small large]
    [--tables steps curves]

Programs and peers run in turns, one at a time, with the same number of threads; every figure is from this run. All steps
have a batch of 1024 and Adam. Peers:
    overcomplete   overcomplete.sae.TopKSAE with its own top_k_auxiliary_loss (no concept is dead: it then does least)
    dense          plain PyTorch: dense activations, AuxK on the dead columns
    embedding_bag  plain PyTorch: decoding by embedding_bag, AuxK on the dead columns

Trainings: every trainer sees the same cells, for as many epochs and with the same learning rate, each with its own random
dictionary and shuffles, the decoder's bias starting at the mean cell (overcomplete has none). R² is that of an epoch's batches
before their updates, around each dimension's mean. The R² to reach is a hundredth below what dense PyTorch ends with.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from safetensors.torch import save_file

SIZES = {"small": (50, 500, 8), "large": (512, 5000, 80)}
BATCH, RATE, AUX = 1024, 1e-6, 1 / 32
# Cells, epochs and learning rate of a whole training.
CURVES = {"small": (10_240, 30, 1e-3), "large": (4096, 10, 1e-3)}


def planted(d, n, seed=1):
    """Sparse mixtures of unit directions plus noise."""
    g = torch.Generator().manual_seed(seed)
    directions = torch.nn.functional.normalize(torch.randn(2 * d, d, generator=g), dim=1)
    code = torch.rand(n, 2 * d, generator=g) * (torch.rand(n, 2 * d, generator=g) < 3 / d)
    return code @ directions + 0.05 * torch.randn(n, d, generator=g)


class Plain:
    """The step in plain PyTorch."""

    def __init__(self, d, c, k, dead, bag, rate=RATE, window=10**12):
        rows = torch.nn.functional.normalize(torch.randn(c, d, generator=torch.Generator().manual_seed(0)), dim=1)
        self.k, self.bag, self.aux_k = k, bag, min(512, c // 2)
        self.W_enc, self.b_enc = torch.nn.Parameter(rows.T.clone().contiguous()), torch.nn.Parameter(torch.zeros(c))
        self.W_dec, self.b_dec = torch.nn.Parameter(rows.clone()), torch.nn.Parameter(torch.zeros(d))
        # Spread over the dictionary, as dead concepts are; `cellprism sae bench` takes the same ones.
        silent = [i * c // dead for i in range(dead)]
        with torch.no_grad():
            self.W_enc[:, silent] *= 0.02
        self.since = torch.zeros(c, dtype=torch.long)
        self.window = window
        self.since[silent] = self.window
        self.adam = torch.optim.Adam([self.W_enc, self.b_enc, self.W_dec, self.b_dec], lr=rate)

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
        return error.detach().square().sum().item()


class Overcomplete:
    """overcomplete's autoencoder and loss, as its train_sae calls them."""

    def __init__(self, d, c, k, rate=RATE):
        import matplotlib.cm
        import matplotlib.pyplot

        # overcomplete 0.3.0 asks matplotlib for a function that newer releases have moved.
        if not hasattr(matplotlib.cm, "get_cmap"):
            matplotlib.cm.get_cmap = matplotlib.pyplot.get_cmap
        from overcomplete.sae import TopKSAE
        from overcomplete.sae.losses import top_k_auxiliary_loss

        torch.manual_seed(0)
        self.sae, self.loss = TopKSAE(d, nb_concepts=c, top_k=k, device="cpu"), top_k_auxiliary_loss
        self.adam = torch.optim.Adam(self.sae.parameters(), lr=rate)

    def step(self, x):
        self.adam.zero_grad()
        pre, codes, rebuilt = self.sae(x)
        loss = self.loss(x, rebuilt, pre, codes, self.sae.get_dictionary())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.sae.parameters(), 1.0)
        self.adam.step()
        return (x - rebuilt.detach()).square().sum().item()


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


def peer_curve(kind, d, c, k, x, epochs, rate):
    """Seconds since the start and R², after each epoch."""
    if kind == "overcomplete":
        model = Overcomplete(d, c, k, rate)
    else:
        model = Plain(d, c, k, 0, kind == "embedding_bag", rate, 10 * len(x))
        model.b_dec.data.copy_(x.mean(0))
    spread = (x - x.mean(0)).square().sum().item()
    shuffles, seconds, curve = torch.Generator().manual_seed(0), 0.0, []
    for _ in range(epochs):
        start = time.perf_counter()
        errors = sum(model.step(x[rows]) for rows in torch.randperm(len(x), generator=shuffles).split(BATCH))
        seconds += time.perf_counter() - start
        curve.append((seconds, 1 - errors / spread))
    return curve


def program_curve(engine, c, k, folder, epochs, rate, threads):
    """The same of `cellprism sae train`, from its metrics.jsonl."""
    with tempfile.TemporaryDirectory() as out:
        options = {"embeddings": folder / "x.safetensors", "out": f"{out}/sae", "concepts": c, "active": k, "epochs": epochs}
        options |= {"learning-rate": rate, "batch": BATCH, "engine": engine, "threads": threads}
        command = [os.environ["CELLPRISM_BINARY"], "sae", "train"]
        for name, value in options.items():
            command += ["--" + name, str(value)]
        subprocess.run(command, check=True, capture_output=True)
        seconds, curve = 0.0, []
        for line in Path(out, "sae", "metrics.jsonl").read_text().splitlines():
            epoch = json.loads(line)
            seconds += epoch["seconds"]
            curve.append((seconds, epoch["r2"]))
    return curve


def curves(options):
    print("| training | threads | what | R² at the end | loss / dense | R² to reach | s to reach it, min | median | max | dense / it | overcomplete / it |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for size, threads in ((size, threads) for size in options.sizes for threads in options.threads):
        torch.set_num_threads(threads)
        d, c, k = SIZES[size]
        cells, epochs, rate = CURVES[size]
        x = planted(d, cells)
        found = {name: [] for name in [*options.engines, "dense", "embedding_bag", "overcomplete"]}
        with tempfile.TemporaryDirectory() as folder:
            save_file({"embeddings": x}, f"{folder}/x.safetensors")
            for number in range(options.curve_rounds):
                print(f"d{d} c{c} k{k}, {threads} thread(s): training {number + 1} of {options.curve_rounds}", file=sys.stderr)
                for name, runs in found.items():
                    if name in options.engines:
                        runs.append(program_curve(name, c, k, Path(folder), epochs, rate, threads))
                    else:
                        runs.append(peer_curve(name, d, c, k, x, epochs, rate))
        last = {name: runs[0][-1][1] for name, runs in found.items()}
        goal = last["dense"] - 0.01
        times = {name: [next((s for s, r2 in run if r2 >= goal), None) for run in runs] for name, runs in found.items()}
        medians = {name: statistics.median(found) for name, found in times.items() if None not in found}
        for name in found:
            loss = (1 - last[name]) / (1 - last["dense"])
            line = f"| d{d} c{c} k{k}, {cells:,} cells × {epochs} | {threads} | {name} | {last[name]:.4f} | {loss:.3f} | {goal:.4f} |"
            if name in medians:
                ratios = [f"{medians[p] / medians[name]:.1f}" if p in medians else "" for p in ("dense", "overcomplete")]
                print(line, f"{min(times[name]):.2f} | {medians[name]:.2f} | {max(times[name]):.2f} | {' | '.join(ratios)} |", flush=True)
            else:
                print(line, "not reached | | | | |", flush=True)


def steps(options):
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--curve-rounds", type=int, default=3)
    parser.add_argument("--tables", nargs="*", default=["steps", "curves"], choices=["steps", "curves"])
    parser.add_argument("--sizes", nargs="*", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--engines", nargs="*", default=["native", "onnx"])
    options = parser.parse_args()
    if "steps" in options.tables:
        steps(options)
    if options.tables == ["steps", "curves"]:
        print()
    if "curves" in options.tables:
        curves(options)


if __name__ == "__main__":
    main()
