"""scGPT of the published size on this machine: cells embedded and one prototype attributed, timed, with the memory it took.

    CELLPRISM_BINARY=target/release/cellprism full_scgpt.py [--cells 60] [--genes 1200] [--sequence fixed-hvg]

The weights are random (51 million parameters, `tests/parity/scgpt_model.py`), and so are cells and concepts: cost does not depend
on what they mean. A gene is counted in about one cell in four, as in real data. The naive way, every gene of every pair in a pass
of its own, is projected from three passes of eager PyTorch.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

import models
import scgpt_model

COUNTERFACTUALS = 3


def measured(*arguments):
    """What a command printed, its seconds and its largest resident memory in GB."""
    command = [os.environ["CELLPRISM_BINARY"], "--json", "--quiet", *map(str, arguments)]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)} failed")
    return json.loads(printed), time.perf_counter() - started, usage.ru_maxrss / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=60)
    parser.add_argument("--genes", type=int, default=1200)
    parser.add_argument("--sequence", default="fixed-hvg", choices=["fixed-hvg", "nonzero"])
    options = parser.parse_args()
    torch.set_num_threads(os.cpu_count())
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        names = [f"GENE{i}" for i in range(60694)]
        model = scgpt_model.random_model(60694, 512, 8, 512, 12)
        scgpt_model.save(model, work / "checkpoint", names, {"pad_token": "<pad>", "pad_value": -2, "n_bins": 51})
        models.cellprism("import", "scgpt", work / "checkpoint", "--out", work / "model")
        data = models.cells(work / "cells.h5ad", options.cells, options.genes, names[: options.genes])
        (work / "genes.txt").write_text("\n".join(names[: options.genes]))
        rule = ["--sequence", options.sequence]
        rule += ["--genes", work / "genes.txt"] if options.sequence == "fixed-hvg" else []
        share = (data.X > 0).mean()
        print(f"{options.cells} cells, {options.genes} genes, {100 * share:.0f} % of counts above 0, sequences: {options.sequence}")

        _, seconds, memory = measured("embed", "--model", work / "model", "--cells", work / "cells.h5ad", *rule, "--out", work / "e")
        print(f"embedding: {seconds / options.cells:.2f} s a cell with start-up, {memory:.2f} GB")

        z = load_file(work / "e")["embeddings"]
        rng = np.random.default_rng(0)
        w = rng.standard_normal((64, 512)).astype(np.float32)
        w /= np.linalg.norm(w, axis=1, keepdims=True)
        (work / "sae").mkdir()
        weights = {"W_enc": np.ascontiguousarray(w.T), "b_enc": np.zeros(64, np.float32), "W_dec": w, "b_dec": z.mean(0)}
        save_file(weights, str(work / "sae" / "sae_weights.safetensors"))
        config = {"architecture": "topk", "d_in": 512, "d_sae": 64, "k": 8, "dtype": "float32", "apply_b_dec_to_input": True, "normalize_activations": "none"}
        (work / "sae" / "cfg.json").write_text(json.dumps(config))
        codes = (z - z.mean(0)) @ w.T
        concept = np.bincount(np.argsort(-codes, axis=1)[:, :8].ravel(), minlength=64).argmax()
        arguments = ["--model", work / "model", "--sae", work / "sae", "--cells", work / "cells.h5ad", *rule]
        arguments += ["--concepts", concept, "--prototypes", 1, "--counterfactuals", COUNTERFACTUALS, "--out", work / "a"]
        done, _, memory = measured("attribute", "--paper", *arguments)
        scored = np.count_nonzero(load_file(work / "a")["scores_pre_topk"])
        print(f"attribution of one prototype, {COUNTERFACTUALS} counterfactuals: {done['seconds']:.0f} s, {scored} genes with a score, {memory:.2f} GB")

        tokens = options.genes if options.sequence == "fixed-hvg" else int(options.genes * share)
        ids, values = torch.arange(tokens + 1)[None], torch.ones(1, tokens + 1)
        torch.backends.mha.set_fastpath_enabled(False)
        with torch.no_grad():
            pass_seconds = models.timed(lambda: [model(ids, values) for _ in range(3)]) / 3
        naive = pass_seconds * tokens * COUNTERFACTUALS
        print(f"eager PyTorch: {pass_seconds:.2f} s a pass of {tokens} genes; naive, {tokens} × {COUNTERFACTUALS} passes, projected: {naive:.0f} s")
        print(f"ratio: {naive / done['seconds']:.0f}")


if __name__ == "__main__":
    main()
