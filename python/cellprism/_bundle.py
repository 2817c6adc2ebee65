"""Bundles as tables and in AnnData."""

import json

import numpy as np

from ._core import BundleFolder, __version__
from ._optional import need

#: Columns of ``var`` in which symbols or Ensembl identifiers are looked for, after the names themselves.
_GENE_COLUMNS = ("gene_symbols", "gene_symbol", "feature_name", "gene_name", "symbol", "gene_ids", "ensembl_id")
_SET_COLUMNS = ("term", "size", "es", "nes", "p", "fdr", "chance", "leading_edge")
_READINGS = {"presence": "presence", "absence": "absence", "paper": "score"}


def read_bundle(path):
    """Opens a bundle's folder, as ``cellprism run`` writes it."""
    return Bundle(path)


class Bundle:
    """A bundle: n cells, c concepts, m genes of the model."""

    def __init__(self, path):
        self._folder = BundleFolder(path)
        self.path = path
        #: ``manifest.json`` as a dictionary: name, tag, title, counts, parameters, inputs with checksums …
        self.manifest = json.loads(self._folder.manifest())
        self._tables = {}

    @property
    def concepts(self):
        """One row a concept, dead ones included: title, class, cells, labels of both sides with their chance, the paper's genes
        and pathway (``pandas.DataFrame``, index ``concept``)."""
        if "concepts" not in self._tables:
            self._tables["concepts"] = _concepts(json.loads(self._folder.concepts())["rows"])
        return self._tables["concepts"]

    @property
    def verdict(self):
        """What all readings together say, in a sentence."""
        return json.loads(self._folder.concepts()).get("verdict", "")

    @property
    def activations(self):
        """Activations [n, c] (``scipy.sparse.csr_matrix``, float32)."""
        sparse = need("scipy.sparse", "activations")
        starts, concepts, values = self._folder.activations()
        return sparse.csr_matrix((values, concepts, starts), shape=(len(self.cells), self._folder.width()))

    @property
    def embeddings(self):
        """Embeddings [n, d] of the model (float32); ``None`` where the bundle does not publish them."""
        return self._folder.embeddings()

    @property
    def cells(self):
        """Names of the n cells."""
        return self._folder.cells()

    @property
    def genes(self):
        """Symbols of the model's m genes."""
        return self._folder.symbols()

    def attribution(self, concept):
        """Scores of all m genes for a concept (``pandas.DataFrame``, index ``gene``, furthest presence first).

        ``score`` is the paper's mean attribution; ``presence`` and ``absence`` are the mean effects of genes that the
        prototypes have more, and less, of than their nearest inactive cells; ``carried_by_…`` counts the held-out prototypes
        in which a gene has an effect. Columns that a bundle was not made with are left out.
        """
        pandas = need("pandas", "attribution")
        found = self._folder.scores(concept)
        genes = self.genes
        columns = {name: values for name, values in found.items() if len(values) == len(genes)}
        table = pandas.DataFrame(columns, index=pandas.Index(genes, name="gene"))
        first = next((name for name in ("presence", "score") if name in table), None)
        return table.sort_values(first, ascending=False, kind="stable") if first else table

    def pathways(self, concept):
        """Gene sets of a concept (``pandas.DataFrame``): reading (paper, presence, absence), library, term, size, es, nes, p, fdr,
        chance (share of random rankings with a set as good), leading_edge. The bundle keeps the leading sets of each reading;
        where a reading has none, ``why_not(concept)`` says why."""
        pandas = need("pandas", "pathways")
        detail = json.loads(self._folder.concept(concept))
        rows = [
            {"reading": reading, "library": library, **{name: one.get(name) for name in _SET_COLUMNS}}
            for reading, found in _enrichments(detail)
            for library, one in _sets(found)
        ]
        for row in rows:
            row["leading_edge"] = " ".join(row["leading_edge"] or [])
        return pandas.DataFrame(rows, columns=["reading", "library", *_SET_COLUMNS])

    def why_not(self, concept):
        """Reasons why a reading of a concept is not available, by reading; empty where all are."""
        detail = json.loads(self._folder.concept(concept))
        return {
            reading: found["not_available"]
            for reading, found in _enrichments(detail)
            if isinstance(found, dict) and "not_available" in found
        }

    def concept(self, concept):
        """All that the bundle says of a concept, as ``concepts/NNNN.json`` (a dictionary)."""
        return json.loads(self._folder.concept(concept))

    def to_anndata(self, adata, *, reading=None, obs=(), copy=True):
        """Puts the bundle into an AnnData object of the same cells, matched by name; returns it.

        Parameters
        ----------
        adata
            Its ``obs_names`` must be cells of the bundle, in any order; cells may be left out.
        reading
            What ``varm["concept_attribution"]`` holds: ``"presence"``, ``"absence"`` or ``"paper"``; by default presence,
            where the bundle has it, else the paper's.
        obs
            Concepts whose activations also go to ``obs["C<number>"]``, for plots that colour by a column.
        copy
            ``False`` changes ``adata`` itself.

        Adds ``obsm["X_concepts"]`` [cells, c] (CSR), ``obsm["X_cellprism"]`` [cells, d] where the bundle publishes embeddings,
        ``varm["concept_attribution"]`` [genes, c], NaN for genes that the model does not have, and ``uns["cellprism"]``: titles,
        classes and provenance.
        """
        need("anndata", "to_anndata")
        rows = self._rows(adata.obs_names)
        genes = self._gene_places(adata)
        reading, attribution = self._attribution_matrix(genes, reading)
        data = adata.copy() if copy else adata
        data.obsm["X_concepts"] = self.activations[rows]
        embeddings = self.embeddings
        if embeddings is not None:
            data.obsm["X_cellprism"] = embeddings[rows]
        data.varm["concept_attribution"] = attribution
        for concept in obs:
            column = data.obsm["X_concepts"][:, [concept]]
            data.obs[f"C{concept}"] = column.toarray().ravel()
        data.uns["cellprism"] = self._notes(reading, genes)
        return data

    def __len__(self):
        return self._folder.width()

    def __repr__(self):
        counts = self.manifest["counts"]
        return f"Bundle {self.manifest['name']} ({self.manifest['tag']}): {counts['cells']} cells, {len(self)} concepts\n{self.verdict}"

    def _rows(self, names):
        if not names.is_unique:
            repeated = names[names.duplicated()][0]
            raise ValueError(f"cell {repeated!r} occurs twice in adata.obs_names: call adata.obs_names_make_unique() before `cellprism run`, too")
        place = {name: row for row, name in enumerate(self.cells)}
        if len(place) < len(self.cells):
            raise ValueError("the bundle has cells of the same name; it cannot be matched by name")
        missing = [name for name in names if name not in place]
        if missing:
            known = ", ".join(repr(name) for name in self.cells[:3])
            raise ValueError(
                f"{len(missing):,} of {len(names):,} cells of adata are not in the bundle, for instance {missing[0]!r}; the bundle's "
                f"cells are named {known} …: was it made from these cells, and were obs_names changed since?"
            )
        return np.array([place[name] for name in names], dtype=np.int64)

    def _gene_places(self, adata):
        """Place of each of adata's genes in the model, −1 where it has none."""
        known = {}
        for place, (symbol, ensembl) in enumerate(zip(self.genes, self._folder.ensembl())):
            known.setdefault(symbol, place)
            if ensembl:
                known.setdefault(ensembl, place)
        candidates = [adata.var_names] + [adata.var[c] for c in _GENE_COLUMNS if c in adata.var]
        places = [np.array([known.get(str(name), -1) for name in names], dtype=np.int64) for names in candidates]
        best = max(places, key=lambda found: (found >= 0).sum())
        if len(best) and not (best >= 0).any():
            raise ValueError(
                f"none of adata's genes is among the model's: adata has {', '.join(map(str, adata.var_names[:3]))} …, the model "
                f"{', '.join(self.genes[:3])} …"
            )
        return best

    def _attribution_matrix(self, genes, reading):
        if reading is not None and reading not in _READINGS:
            raise ValueError(f"reading {reading!r}: one of {', '.join(_READINGS)} is expected")
        width = len(self)
        alive = [int(c) for c in self.concepts.index[self.concepts["cells"] > 0]]
        scores = {c: self._folder.scores(c) for c in alive}
        if reading is None:
            reading = "presence" if any("presence" in found for found in scores.values()) else "paper"
        out = np.full((len(genes), width), np.nan, dtype=np.float32)
        here = genes >= 0
        for concept, found in scores.items():
            values = found.get(_READINGS[reading])
            if values is not None and len(values) == len(self.genes):
                out[here, concept] = values[genes[here]]
        return reading, out

    def _notes(self, reading, genes):
        table = self.concepts
        return {
            "bundle": self.manifest["name"],
            "tag": self.manifest["tag"],
            "title": self.manifest["title"],
            "verdict": self.verdict,
            "titles": table["title"].to_numpy(dtype=str),
            "classes": table["class"].to_numpy(dtype=str),
            "attribution": reading,
            "genes_in_model": int((genes >= 0).sum()),
            "created": self.manifest["created"],
            "software": json.dumps(self.manifest["software"]),
            "parameters": json.dumps(self.manifest["parameters"]),
            "inputs": json.dumps(self.manifest["inputs"]),
            "read_by": f"cellprism {__version__}",
        }


def _concepts(rows):
    pandas = need("pandas", "concepts")

    def row(one):
        parts, labels = one.get("title_parts", {}), one.get("labels", {})
        pathway = one.get("pathway") or {}
        claims = [f"{s['column']}={s['label']}" for s in one["specific"] if s.get("beyond_base_rate", True)]
        out = {
            "concept": one["id"],
            "title": one.get("title") or one["reads_as"],
            "class": one["class"],
            "cells": one["cells"],
            "max": one["max"],
            "reads_as": one["reads_as"],
            "specific_to": "; ".join(claims),
            "has": " ".join(parts.get("has", [])),
            "lacks": " ".join(parts.get("lacks", [])),
            "survives": one.get("survives", False),
        }
        for side in ("presence", "absence"):
            label = labels.get(side) or {}
            out[f"{side}_label"] = label.get("term", "")
            out[f"{side}_chance"] = label.get("chance", np.nan)
            out[f"{side}_chance_adjusted"] = label.get("chance_adjusted", np.nan)
            out[f"{side}_survives"] = label.get("survives", False)
        out["paper_genes"] = " ".join(gene["gene"] for gene in one["genes"])
        out["paper_important_genes"] = one["important"]
        out["paper_pathway"] = pathway.get("term", "")
        out["paper_p"] = pathway.get("p", np.nan)
        out["paper_chance"] = np.nan if one.get("chance") is None else one["chance"]
        return out

    return pandas.DataFrame([row(one) for one in rows]).set_index("concept")


def _enrichments(detail):
    """(reading, libraries or the reason why there are none)."""
    yield "paper", detail["enrichment"]
    found = detail.get("reading", {})
    for side in ("presence", "absence"):
        yield side, found[side]["enrichment"] if side in found else found


def _sets(found):
    """(library, set) of the paper's libraries, or of a side."""
    if isinstance(found, list):
        return [(library["library"], one) for library in found for one in library["sets"]]
    return [(one.get("library", ""), one) for one in found.get("sets", [])]
