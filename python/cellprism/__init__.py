"""Sparse, readable concepts of single-cell foundation models.

The program ``cellprism`` (also ``python -m cellprism``) makes bundles; this module reads them into AnnData, trains sparse
autoencoders on NumPy arrays and ranks gene sets with GSEApy's numbers.

>>> import cellprism
>>> bundle = cellprism.read_bundle("pbmc-bundle")          # doctest: +SKIP
>>> adata = bundle.to_anndata(adata)                       # doctest: +SKIP
"""

from ._bundle import Bundle, read_bundle
from ._core import __version__
from ._dictionary import TopKSAE
from ._labels import read_labels, write_labels
from ._prerank import prerank

__all__ = ["Bundle", "TopKSAE", "__version__", "prerank", "read_bundle", "read_labels", "write_labels"]
