from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any, Literal

import numpy as np
from anndata import AnnData
from numpy.typing import ArrayLike, NDArray
from pandas import DataFrame, Series
from scipy.sparse import csr_matrix

_Path = str | PathLike[str]
_GeneSets = _Path | Mapping[str, Sequence[str]]

__version__: str
__all__ = ["Bundle", "TopKSAE", "__version__", "prerank", "read_bundle", "read_labels", "write_labels"]

class Bundle:
    path: _Path
    manifest: dict[str, Any]
    def __init__(self, path: _Path) -> None: ...
    @property
    def concepts(self) -> DataFrame: ...
    @property
    def verdict(self) -> str: ...
    @property
    def activations(self) -> csr_matrix: ...
    @property
    def embeddings(self) -> NDArray[np.float32] | None: ...
    @property
    def cells(self) -> list[str]: ...
    @property
    def genes(self) -> list[str]: ...
    def attribution(self, concept: int) -> DataFrame: ...
    def pathways(self, concept: int) -> DataFrame: ...
    def why_not(self, concept: int) -> dict[str, str]: ...
    def concept(self, concept: int) -> dict[str, Any]: ...
    def to_anndata(
        self,
        adata: AnnData,
        *,
        reading: Literal["presence", "absence", "paper"] | None = None,
        obs: Sequence[int] = (),
        copy: bool = True,
    ) -> AnnData: ...
    def __len__(self) -> int: ...

def read_bundle(path: _Path) -> Bundle: ...

class TopKSAE:
    concepts: int | None
    active: int | None
    epochs: int | None
    batch: int | None
    learning_rate: float | None
    seed: int
    def __init__(
        self,
        concepts: int | None = None,
        active: int | None = None,
        *,
        epochs: int | None = None,
        batch: int | None = None,
        learning_rate: float | None = None,
        seed: int = 0,
    ) -> None: ...
    def fit(self, x: ArrayLike, progress: Callable[[dict[str, float]], object] | None = None) -> TopKSAE: ...
    @classmethod
    def load(cls, folder: _Path) -> TopKSAE: ...
    def save(self, folder: _Path) -> None: ...
    def encode(self, x: ArrayLike) -> csr_matrix: ...
    def encode_codes(self, x: ArrayLike) -> tuple[NDArray[np.uint32], NDArray[np.float32]]: ...
    def decode(self, activations: ArrayLike | csr_matrix) -> NDArray[np.float32]: ...
    def evaluate(self, x: ArrayLike) -> dict[str, float]: ...
    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def w_enc(self) -> NDArray[np.float32]: ...
    @property
    def w_dec(self) -> NDArray[np.float32]: ...
    @property
    def b_enc(self) -> NDArray[np.float32]: ...
    @property
    def b_dec(self) -> NDArray[np.float32]: ...

def prerank(
    rnk: Series | DataFrame | _Path,
    gene_sets: _GeneSets | Sequence[_GeneSets],
    *,
    outdir: None = None,
    min_size: int = 15,
    max_size: int = 500,
    permutation_num: int = 1000,
    weight: float = 1.0,
    ascending: bool | None = False,
    threads: int = 4,
    seed: int = 123,
    verbose: bool = False,
    progress: Callable[[float], object] | None = None,
) -> DataFrame: ...
def read_labels(path: _Path, *, question: Literal["cell_type", "tissue", "process"] = "cell_type") -> dict[int, str]: ...
def write_labels(adata: AnnData, labels: Mapping[int, str] | _Path, *, key: str = "cellprism_label") -> AnnData: ...
