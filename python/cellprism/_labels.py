"""Labels that people gave concepts: from the page or a study into AnnData."""

import csv
import json
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from ._optional import need


def read_labels(path, *, question="cell_type"):
    """Labels by concept from a file that the page or ``cellprism study score`` wrote.

    CSV (``concept,label``; of the page's list ``id`` and ``your_label``), the page's JSON, and the Cell Annotation Schema whose
    annotations name their concept. Of a study's annotations those of concepts that answer ``question`` (``cell_type``,
    ``tissue`` or ``process``) count; where raters differ, what most of them said, and all of it where as many said each,
    joined by `` | ``. Returns a dictionary from concept to label.
    """
    path = Path(path)
    text = path.read_text(encoding="utf-8")
    if text.lstrip().startswith("{"):
        found = _of_json(json.loads(text), path, question)
    else:
        found = _of_csv(text, path)
    return {concept: label for concept, label in found.items() if label}


def write_labels(adata, labels, *, key="cellprism_label"):
    """Gives each cell the label of its most active labelled concept; returns ``adata``.

    ``labels`` is a dictionary from concept to label, or a file that :func:`read_labels` reads. Needs ``obsm["X_concepts"]``
    (see ``Bundle.to_anndata``). Writes ``obs[key]`` (categorical; missing where no labelled concept is active),
    ``obs[key + "_concept"]`` (−1 where missing) and ``uns[key]``: the labels as they were given.
    """
    pandas = need("pandas", "write_labels")
    sparse = need("scipy.sparse", "write_labels")
    if "X_concepts" not in adata.obsm:
        raise ValueError("adata.obsm has no X_concepts: call read_bundle(...).to_anndata(adata) first")
    if not isinstance(labels, dict):
        labels = read_labels(labels)
    activations = sparse.csc_matrix(adata.obsm["X_concepts"])
    labels = {int(concept): str(label) for concept, label in labels.items()}
    unknown = sorted(concept for concept in labels if not 0 <= concept < activations.shape[1])
    if unknown:
        raise ValueError(f"concept {unknown[0]} is labelled, but there are {activations.shape[1]}: labels of another bundle?")
    concepts = np.array(sorted(labels), dtype=np.int64)
    found = np.full(adata.n_obs, -1, dtype=np.int64)
    if len(concepts):
        chosen = activations[:, concepts].toarray()
        active = chosen.max(axis=1) > 0
        found[active] = concepts[chosen.argmax(axis=1)][active]
    names = [labels[concept] if concept >= 0 else None for concept in found]
    adata.obs[key] = pandas.Categorical(names, categories=sorted(set(labels.values())))
    adata.obs[f"{key}_concept"] = found
    adata.uns[key] = json.dumps({str(concept): labels[concept] for concept in sorted(labels)}, ensure_ascii=False)
    return adata


def _of_csv(text, path):
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    fields = rows.fieldnames or []
    pairs = [("concept", "label"), ("id", "your_label")]
    names = next((pair for pair in pairs if set(pair) <= set(fields)), None)
    if names is None:
        raise ValueError(f"{path}: the columns {', '.join(fields)}; concept and label are expected")
    return _numbered(((row[names[0]], row[names[1]], f"line {rows.line_num}") for row in rows), path)


def _of_json(content, path, question):
    if isinstance(content.get("labels"), list):
        return _numbered(((one.get("concept"), one.get("label"), "labels") for one in content["labels"]), path)
    if isinstance(content.get("annotations"), list):
        return _of_annotations(content["annotations"], path, question)
    raise ValueError(f"{path}: neither labels of the page nor a Cell Annotation Schema document")


def _of_annotations(annotations, path, question):
    said = defaultdict(Counter)
    for place, one in enumerate(annotations):
        # the schema's place for what it has no field of
        own = {**one, **(one.get("author_annotation_fields") or {})}
        if own.get("kind", "concept") != "concept" or own.get("question", question) != question:
            continue
        label = (one.get("cell_label") or "").strip()
        number = _number(own.get("concept", own.get("id")), path, f"annotation {place + 1}")
        if label and label != "unknown":
            said[number][label] += 1
    return {concept: _most(labels) for concept, labels in said.items()}


def _most(labels):
    most = max(labels.values())
    return " | ".join(sorted(label for label, times in labels.items() if times == most))


def _numbered(rows, path):
    return {_number(concept, path, where): (label or "").strip() for concept, label, where in rows}


def _number(concept, path, where):
    try:
        return int(str(concept).removeprefix("C"))
    except ValueError:
        raise ValueError(f"{path}, {where}: {concept!r} is no concept's number") from None
