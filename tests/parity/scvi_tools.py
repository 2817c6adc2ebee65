"""scVI checkpoints of many shapes, imported by cellprism, give scvi-tools' latents and expected counts.

    CELLPRISM_BINARY=target/release/cellprism scvi_tools.py        (scvi-tools, onnx, onnxruntime, h5py)

Every model is trained for two epochs on random counts with two batch columns, so that no weight and no running
statistic has the value it started with. Latents to 1e-5, expected counts (`decoder.onnx`) to 1e-4 relative.
"""
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import anndata
import numpy as np
import onnx
import onnxruntime
import pandas as pd
import scvi
import torch
from safetensors.numpy import load_file

warnings.filterwarnings("ignore")
scvi.settings.verbosity = 40

# name: columns given to setup_anndata, parameters of the model
MODELS = {
    "plain": ({}, {}),
    "one wide layer": ({}, {"n_layers": 1, "n_hidden": 200, "n_latent": 7}),
    "three layers, negative binomial": ({}, {"n_layers": 3, "n_hidden": 33, "gene_likelihood": "nb"}),
    "batch in the decoder": ({"batch_key": "site"}, {"n_layers": 2}),
    "batch in both": ({"batch_key": "site"}, {"n_layers": 2, "encode_covariates": True}),
    "batch in the first layers only": ({"batch_key": "site"}, {"n_layers": 2, "encode_covariates": True, "deeply_inject_covariates": False}),
    "batch and two covariates": ({"batch_key": "site", "categorical_covariate_keys": ["sex", "kit"]}, {"encode_covariates": True, "n_layers": 2}),
    "dispersion by batch, poisson": ({"batch_key": "site"}, {"dispersion": "gene-batch", "gene_likelihood": "poisson"}),
    "no batch normalisation": ({"batch_key": "site"}, {"use_batch_norm": "none", "n_layers": 2}),
    "batch normalisation of the encoder": ({}, {"use_batch_norm": "encoder", "n_layers": 2}),
    "counts without logarithm": ({}, {"log_variational": False}),
    "library size learned": ({"batch_key": "site"}, {"use_observed_lib_size": False}),
}


def cells(n=300, genes=120, seed=0):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.gamma(0.7, 2.0, (1, genes)) * rng.gamma(2.0, 0.5, (n, 1))).astype(np.float32)
    obs = {"site": [f"site {i}" for i in rng.integers(0, 4, n)], "sex": rng.choice(["f", "m"], n), "kit": rng.choice(["v2", "v3", "v3.1"], n)}
    obs = pd.DataFrame({k: pd.Categorical(v) for k, v in obs.items()}, index=[f"cell{i}" for i in range(n)])
    return anndata.AnnData(counts, obs, pd.DataFrame(index=[f"GENE{i}" for i in range(genes)]))


def one_hot(model, columns, data):
    """Columns of every covariate with more than one category, the batch first."""
    names = [columns[k] for k in ("batch_key",) if k in columns] + columns.get("categorical_covariate_keys", [])
    parts = [pd.get_dummies(data.obs[name]).to_numpy(np.float32) for name in names]
    return np.concatenate(parts, 1) if parts else None


def expected_counts(model, data):
    model.module.eval()
    rates = []
    with torch.no_grad():
        for batch in model._make_data_loader(adata=data, batch_size=128, shuffle=False):
            inputs = model.module._get_inference_input(batch)
            found = model.module.inference(**inputs)
            generated = model.module._get_generative_input(batch, found)
            generated["z"] = found["qz"].loc
            generated["library"] = torch.log(batch["X"].sum(1, keepdim=True))
            rates.append(model.module.generative(**generated)["px"].mu if model.module.gene_likelihood != "poisson" else model.module.generative(**generated)["px"].rate)
    return torch.cat(rates).numpy()


def main():
    binary, work, bad = os.environ["CELLPRISM_BINARY"], Path(tempfile.mkdtemp(prefix="scvi-")), 0
    data = cells()
    data.write_h5ad(work / "cells.h5ad")
    for number, (name, (columns, parameters)) in enumerate(MODELS.items()):
        scvi.settings.seed = number
        data = cells()
        scvi.model.SCVI.setup_anndata(data, **columns)
        model = scvi.model.SCVI(data, **parameters)
        model.train(max_epochs=2, accelerator="cpu", enable_progress_bar=False, logger=False)
        folder, imported, out = work / f"scvi{number}", work / f"model{number}", work / f"z{number}.safetensors"
        model.save(folder)
        subprocess.run([binary, "import", "scvi", folder, "--out", imported, "--quiet"], check=True)
        subprocess.run([binary, "embed", "--model", imported, "--cells", work / "cells.h5ad", "--out", out, "--quiet"], check=True)
        theirs = model.get_latent_representation(give_mean=True)
        latents = float(np.abs(load_file(out)["embeddings"] - theirs).max())
        onnx.checker.check_model(onnx.load(imported / "model.onnx"), full_check=True)
        session = onnxruntime.InferenceSession(imported / "decoder.onnx", providers=["CPUExecutionProvider"])
        feed = {"latent": theirs, "library": np.log(data.X.sum(1, keepdims=True))}
        if any(i.name == "covariates" for i in session.get_inputs()):
            feed["covariates"] = one_hot(model, columns, data)
        rates = expected_counts(model, data)
        counts = float(np.abs(session.run(["px_rate"], feed)[0] / rates - 1).max())
        fine = latents <= 1e-5 and counts <= 1e-4
        bad += not fine
        print(f"{'ok  ' if fine else 'FAIL'} {name}: latents differ by {latents:.1e}, expected counts by {counts:.1e} of their value")
    sys.exit(bad > 0)


main()
