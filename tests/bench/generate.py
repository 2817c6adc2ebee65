"""Makes the large files of BENCHMARKS.md.

    generate.py embeddings OUT.safetensors    600,000 × 512: sums of 8 of 2,048 unit directions, weights 0 to 1, noise 0.02
    generate.py atlas OUT.h5ad                200,000 × 8,000 cells with counts: 20,000 generated ones, ten times

Needs what models.requirements.txt names.
"""
import sys

import numpy as np
from safetensors.numpy import save_file


def embeddings(out, n=600_000, d=512, directions=2048, block=20_000):
    rng = np.random.default_rng(0)
    unit = rng.standard_normal((directions, d), dtype=np.float32)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    x = np.empty((n, d), np.float32)
    for start in range(0, n, block):
        part = x[start : start + block]
        part[:] = 0.02 * rng.standard_normal(part.shape, dtype=np.float32)
        for _ in range(8):
            part += rng.random((len(part), 1), dtype=np.float32) * unit[rng.integers(0, directions, len(part))]
    save_file({"embeddings": x}, out)


def atlas(out, n=20_000, genes=8000, times=10):
    import anndata
    import models

    one = models.cells(out, n, genes, [f"G{i}" for i in range(genes)])
    anndata.concat([one] * times, index_unique="-", keys=[str(i) for i in range(times)]).write_h5ad(out)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("embeddings", "atlas"):
        sys.exit(__doc__)
    {"embeddings": embeddings, "atlas": atlas}[sys.argv[1]](sys.argv[2])
