"""Preranked gene set enrichment analysis with GSEApy's arguments, columns and numbers."""

import os
from pathlib import Path

import numpy as np

from ._core import prerank as _prerank
from ._core import read_gene_sets
from ._optional import need


def prerank(
    rnk,
    gene_sets,
    *,
    outdir=None,
    min_size=15,
    max_size=500,
    permutation_num=1000,
    weight=1.0,
    ascending=False,
    threads=4,
    seed=123,
    verbose=False,
    progress=None,
):
    """Which gene sets does a ranking of genes prefer?

    Parameters
    ----------
    rnk
        A Series (genes as index), a DataFrame (genes as index or first column, scores in the last), or a file with a gene and
        a score a line.
    gene_sets
        A GMT file (gzip too), a dictionary of term → genes, or a list of either; with several, each has its own
        false-discovery rate and terms begin with the library's name, as in GSEApy.
    min_size, max_size
        Genes of a set found in the ranking.
    permutation_num, weight, ascending, threads, seed
        As GSEApy's. ``ascending=None`` keeps the order given: the one way to make GSEApy's digits repeatable where scores
        are equal.
    outdir, verbose
        Taken where they are ``None`` and anything: no files or figures are written here, and nothing is printed.
    progress
        Called with the share of the work that is done, from 0 to 1.

    Returns
    -------
    pandas.DataFrame
        Columns Name, Term, ES, NES, NOM p-val, FDR q-val, FWER p-val, Tag %, Gene %, Lead_genes; furthest NES first.
    """
    pandas = need("pandas", "prerank")
    if outdir is not None:
        raise ValueError(f"outdir={outdir!r}: prerank writes no files; save the table that it returns")
    genes, scores = _ranking(pandas, rnk)
    found = _prerank(
        genes, scores, _sets(gene_sets), min_size, max_size, permutation_num, float(weight), ascending, seed, threads, progress
    )
    table = pandas.DataFrame(found)
    table.insert(0, "Name", "prerank")
    return table


def _ranking(pandas, rnk):
    if isinstance(rnk, (str, os.PathLike)):
        rnk = pandas.read_csv(rnk, sep=None, engine="python", header=None, comment="#")
    if isinstance(rnk, pandas.DataFrame):
        if rnk.shape[1] == 1:
            rnk = rnk.iloc[:, 0]
        elif rnk.shape[1] == 2:
            rnk = pandas.Series(rnk.iloc[:, 1].to_numpy(), index=rnk.iloc[:, 0])
        else:
            raise ValueError(f"a ranking of {rnk.shape[1]} columns; genes and one score are expected")
    if not isinstance(rnk, pandas.Series):
        raise TypeError(f"a ranking is a Series, a DataFrame or a file, not {type(rnk).__name__}")
    scores = pandas.to_numeric(rnk, errors="coerce").to_numpy(dtype=np.float64)
    if rnk.index.isna().any() or not np.isfinite(scores).all():
        at = int(np.flatnonzero(rnk.index.isna() | ~np.isfinite(scores))[0])
        raise ValueError(f"row {at + 1} of the ranking ({rnk.index[at]!r}: {rnk.iloc[at]!r}): a gene and a finite score are expected")
    return [str(gene) for gene in rnk.index], scores.tolist()


def _sets(gene_sets):
    if not isinstance(gene_sets, (list, tuple)):
        return _library(gene_sets)[1]
    libraries = [_library(library) for library in gene_sets]
    if len(libraries) == 1:
        return libraries[0][1]
    return [(f"{name}__{term}", genes) for name, sets in libraries for term, genes in sets]


def _library(library):
    if isinstance(library, dict):
        return "gs_ind", [(str(term), [str(gene) for gene in genes]) for term, genes in library.items()]
    path = Path(library)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such GMT file (libraries are not downloaded: give a file, or a dictionary of term → genes)")
    name = path.name
    for ending in (".gz", ".gmt"):
        name = name.removesuffix(ending)
    return name, read_gene_sets(path.read_bytes())
