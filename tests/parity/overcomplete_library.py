"""Writes tests/fixtures/overcomplete: what the Python library overcomplete computes, for the tests of the import and of semi-NMF.

    python overcomplete_library.py tests/fixtures/overcomplete        (overcomplete 0.3.0, torch 2.15, matplotlib)

sae.pt          the state dictionary of a small TopKSAE
sae.json        embeddings, its activations and reconstructions of them
semi_nmf.json   embeddings, first activations, and the factorisation after 30 multiplicative updates, c > d and c < d, in f64
"""
import json
import sys
from pathlib import Path

import matplotlib.cm
import matplotlib.pyplot
import torch

# overcomplete 0.3.0 asks matplotlib for a function that newer releases have moved.
if not hasattr(matplotlib.cm, "get_cmap"):
    matplotlib.cm.get_cmap = matplotlib.pyplot.get_cmap
from overcomplete.optimization.semi_nmf import snmf_multiplicative_update
from overcomplete.sae import TopKSAE

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
torch.manual_seed(3)
d, c, k = 6, 10, 3
sae = TopKSAE(d, nb_concepts=c, top_k=k, device="cpu", dictionary_params={"use_multiplier": True})
x = torch.randn(12, d)
adam = torch.optim.Adam(sae.parameters(), lr=1e-2)
for _ in range(50):
    adam.zero_grad()
    (sae(x)[2] - x).square().mean().backward()
    adam.step()
torch.save(sae.state_dict(), folder / "sae.pt")
sae.eval()
with torch.no_grad():
    _, codes = sae.encode(x)
    rebuilt = sae.decode(codes)
(folder / "sae.json").write_text(json.dumps({"active": k, "embeddings": x.tolist(), "activations": codes.tolist(), "rebuilt": rebuilt.tolist()}) + "\n")

cases = []
for n, d, c in ((20, 4, 7), (20, 6, 3)):
    a = torch.randn(n, d).double()
    z = torch.rand(n, c, dtype=torch.float64)
    start = torch.linalg.pinv(z.T @ z + 1e-8 * torch.eye(c, dtype=torch.float64)) @ z.T @ a
    after, dictionary = snmf_multiplicative_update(a, z, start, max_iter=30, tol=0)
    cases.append({"embeddings": a.tolist(), "first": z.tolist(), "z": after.tolist(), "d": dictionary.tolist(), "iterations": 30})
(folder / "semi_nmf.json").write_text(json.dumps(cases) + "\n")
