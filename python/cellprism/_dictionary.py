"""TopK sparse autoencoders."""

import numpy as np

from ._core import Dictionary
from ._optional import need


def _matrix(x, what="embeddings"):
    x = np.ascontiguousarray(x, dtype=np.float32)
    if x.ndim != 2:
        raise ValueError(f"{what}: an array of {x.ndim} dimensions; cells × dimensions is expected")
    return x


class TopKSAE:
    """A TopK sparse autoencoder with c concepts, k of them active in a cell.

    Parameters
    ----------
    concepts
        c; chosen from the data by the ladder that ``cellprism run`` climbs where it is ``None``.
    active
        k; by default the paper's ratio, at least 3.
    epochs, batch, learning_rate
        As in ``cellprism sae train``, with its defaults.
    seed
        Seed of initialisation and shuffles. The same seed gives the same weights, on any number of threads, and the same
        as the program's.
    """

    def __init__(self, concepts=None, active=None, *, epochs=None, batch=None, learning_rate=None, seed=0):
        self.concepts, self.active = concepts, active
        self.epochs, self.batch, self.learning_rate, self.seed = epochs, batch, learning_rate, seed
        self._dictionary = None

    def fit(self, x, progress=None):
        """Trains on embeddings ``x`` [cells, dimensions]; returns itself.

        ``progress(metrics)`` is called after every epoch with a dictionary: epoch, epochs, loss, r2, l0, dead. An exception
        in it, Ctrl-C too, ends the training.
        """
        self._dictionary = Dictionary.fit(
            _matrix(x), self.concepts, self.active, self.epochs, self.batch, self.learning_rate, self.seed, progress
        )
        return self

    @classmethod
    def load(cls, folder):
        """Reads ``cfg.json`` and ``sae_weights.safetensors`` (SAELens layout)."""
        self = cls()
        self._dictionary = Dictionary.load(folder)
        self.concepts, _, self.active = self._dictionary.sizes()
        return self

    def save(self, folder):
        """Writes ``cfg.json`` and ``sae_weights.safetensors``: what ``cellprism run --sae`` and SAELens read."""
        self._fitted().save(folder)

    def encode(self, x):
        """Activations of embeddings ``x`` [cells, dimensions]: a sparse matrix [cells, concepts] (CSR, float32)."""
        sparse = need("scipy.sparse", "encode")
        indices, values = self._fitted().encode(_matrix(x))
        cells, k = indices.shape
        starts = np.arange(0, (cells + 1) * k, k)
        found = sparse.csr_matrix((values.ravel(), indices.ravel().astype(np.int32), starts), (cells, self.shape[0]))
        found.eliminate_zeros()
        found.sort_indices()
        return found

    def encode_codes(self, x):
        """The k candidates of every cell, most active first: concepts and activations, [cells, k] each."""
        return self._fitted().encode(_matrix(x))

    def decode(self, activations):
        """Embeddings [cells, dimensions] rebuilt from activations [cells, concepts], sparse or dense."""
        sparse = need("scipy.sparse", "decode")
        rows = sparse.csr_matrix(activations)
        if rows.shape[1] != self.shape[0]:
            raise ValueError(f"activations of {rows.shape[1]} concepts; the dictionary has {self.shape[0]}")
        counts = np.diff(rows.indptr)
        k = max(int(counts.max(initial=0)), 1)
        indices, values = np.zeros((rows.shape[0], k), np.uint32), np.zeros((rows.shape[0], k), np.float32)
        filled = np.arange(k) < counts[:, None]
        indices[filled], values[filled] = rows.indices, rows.data
        # the program sums from the most active concept on
        order = np.argsort(-values, axis=1, kind="stable")
        return self._fitted().decode(
            np.ascontiguousarray(np.take_along_axis(indices, order, 1)), np.ascontiguousarray(np.take_along_axis(values, order, 1))
        )

    def evaluate(self, x):
        """r2, r2_per_dimension, r2_scalar_mean, active, dead, l0, sparsity and mse on embeddings ``x``, as a dictionary."""
        return self._fitted().evaluate(_matrix(x))

    @property
    def shape(self):
        """(concepts, dimensions)."""
        concepts, dimensions, _ = self._fitted().sizes()
        return concepts, dimensions

    @property
    def w_enc(self):
        """Encoder [dimensions, concepts]."""
        return self._fitted().w_enc()

    @property
    def w_dec(self):
        """Dictionary [concepts, dimensions]: a unit row for each concept."""
        return self._fitted().w_dec()

    @property
    def b_enc(self):
        """Bias before TopK [concepts]."""
        return self._fitted().b_enc()

    @property
    def b_dec(self):
        """Bias of the reconstruction [dimensions]."""
        return self._fitted().b_dec()

    def _fitted(self):
        if self._dictionary is None:
            raise ValueError("this dictionary is not trained: call fit, or TopKSAE.load")
        return self._dictionary

    def __repr__(self):
        if self._dictionary is None:
            return f"TopKSAE(concepts={self.concepts}, active={self.active}), not trained"
        concepts, dimensions, k = self._dictionary.sizes()
        return f"TopKSAE: {concepts} concepts, {k} active, {dimensions} dimensions"
