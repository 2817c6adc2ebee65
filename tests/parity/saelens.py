"""SAELens loads what `cellprism sae train` writes and encodes the same.

    CELLPRISM_BINARY=target/release/cellprism saelens.py        (sae-lens 6.54, torch, safetensors)

Trains on planted cells, loads the folder with SAE.load_from_disk, and compares activations and reconstructions with
`sae encode`: the same concepts in every cell, values to 1e-5.
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from sae_lens import SAE

binary = os.environ["CELLPRISM_BINARY"]
work = Path(tempfile.mkdtemp(prefix="saelens-"))
rng = np.random.default_rng(0)
directions = rng.standard_normal((40, 20))
x = ((rng.random((600, 40)) * (rng.random((600, 40)) < 0.1)) @ directions + 0.2).astype(np.float32)
save_file({"embeddings": x}, work / "x.safetensors")
for name, extra in (("with b_dec", []), ("without", ["--no-decoder-bias"])):
    out = work / name.replace(" ", "-")
    train = ["sae", "train", "--embeddings", work / "x.safetensors", "--concepts", "64", "--active", "4", "--epochs", "20", "--out", out, "--quiet"]
    subprocess.run([binary, *train, *extra], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([binary, "sae", "encode", "--sae", out, "--embeddings", work / "x.safetensors", "--out", work / "u.safetensors"], check=True)
    codes = load_file(work / "u.safetensors")
    ours = np.zeros((len(x), 64), np.float32)
    np.put_along_axis(ours, codes["indices"].astype(np.int64), codes["values"], 1)
    sae = SAE.load_from_disk(out, device="cpu")
    with torch.no_grad():
        theirs = sae.encode(torch.tensor(x))
        rebuilt = sae.decode(theirs).numpy()
    theirs = (theirs.to_dense() if theirs.is_sparse else theirs).numpy()
    difference = float(np.abs(ours - theirs).max())
    w = load_file(out / "sae_weights.safetensors")
    error = float(np.abs(rebuilt - (ours @ w["W_dec"] + w["b_dec"])).max())
    same = bool(((ours > 0) == (theirs > 0)).all())
    print(f"{name}: {type(sae).__name__}, activations differ by {difference:.1e}, reconstructions by {error:.1e}, same concepts: {same}")
    if not same or difference > 1e-5 or error > 1e-5:
        sys.exit(1)
