"""Labels from the page's files into obs."""

import json

import pytest

import cellprism


@pytest.fixture
def labelled(bundle_folder, adata):
    return cellprism.read_bundle(bundle_folder).to_anndata(adata)


def test_a_cell_gets_the_label_of_its_most_active_labelled_concept(labelled, tmp_path):
    x = labelled.obsm["X_concepts"].toarray()
    first, second = sorted(range(x.shape[1]), key=lambda c: -(x[:, c] > 0).sum())[:2]
    file = tmp_path / "labels.csv"
    file.write_text(f'concept,label\n{first},"B cells, naive"\n{second},monocytes\n')
    cellprism.write_labels(labelled, file, key="mine")
    for cell in range(labelled.n_obs):
        a, b = x[cell, first], x[cell, second]
        expected = None if max(a, b) == 0 else ("B cells, naive" if a > b else "monocytes")
        found = labelled.obs["mine"].iloc[cell]
        assert (found == expected) if expected else found != found
    assert json.loads(labelled.uns["mine"]) == {str(first): "B cells, naive", str(second): "monocytes"}
    labelled.write_h5ad(tmp_path / "out.h5ad")


def test_the_pages_files_are_read(tmp_path):
    page = tmp_path / "page.json"
    page.write_text(json.dumps({"bundle": "b", "tag": "t", "labels": [{"concept": 3, "label": "T cells"}, {"concept": 4, "label": ""}]}))
    assert cellprism.read_labels(page) == {3: "T cells"}
    listed = tmp_path / "concepts.csv"
    listed.write_text("id,title,your_label\n3,x,T cells\n4,y,\n")
    assert cellprism.read_labels(listed) == {3: "T cells"}


def test_a_studys_annotations_are_read(run_program, bundle_folder, tmp_path):
    """The files of `cellprism study`, by its own commands."""
    run_program("study", "new", bundle_folder, "--out", tmp_path / "kit", "--concepts", 4, "--neurons", 3, "--repeat", 1)
    study = json.loads((tmp_path / "kit/study/study.json").read_text())
    key = json.loads((tmp_path / "kit/key.json").read_text())
    files = []
    for rater, said in [("ann", "B cells"), ("bob", "B cells"), ("cho", "plasma cells")]:
        answers = [
            {"item": item["item"], "cell_type": {"answer": "yes", "which": said}, "tissue": {"answer": "no", "which": ""},
             "process": {"answer": "unclear", "text": "antibodies"}, "confidence": 3}
            for item in study["items"]
        ]
        files.append(tmp_path / f"{rater}.json")
        files[-1].write_text(json.dumps({"study": study["study"], "rater": rater, "answers": answers}))
    run_program("study", "score", "--study", tmp_path / "kit/study", "--key", tmp_path / "kit/key.json", "--answers", *files, "--out", tmp_path / "figures")
    concepts = {item["id"] for item in key["items"].values() if item["kind"] == "concept"}
    written = tmp_path / "figures/annotations.cas.json"
    assert concepts and cellprism.read_labels(written) == dict.fromkeys(concepts, "B cells")
    assert cellprism.read_labels(written, question="process") == dict.fromkeys(concepts, "antibodies")
    assert cellprism.read_labels(written, question="tissue") == {}


def test_raters_who_differ_evenly_are_both_heard(tmp_path):
    one = {"cell_label": "B", "author_annotation_fields": {"kind": "concept", "id": "3", "question": "cell_type"}}
    neuron = {"cell_label": "T", "author_annotation_fields": {"kind": "neuron", "id": "3", "question": "cell_type"}}
    file = tmp_path / "a.cas.json"
    file.write_text(json.dumps({"annotations": [one, neuron, {**one, "cell_label": "A"}, {**one, "cell_label": "unknown"}]}))
    assert cellprism.read_labels(file) == {3: "A | B"}


def test_other_files_and_other_bundles_are_refused(labelled, tmp_path):
    file = tmp_path / "labels.csv"
    file.write_text("cell,label\n1,a\n")
    with pytest.raises(ValueError, match="concept and label are expected"):
        cellprism.read_labels(file)
    file.write_text("concept,label\nfirst,a\n")
    with pytest.raises(ValueError, match="'first' is no concept's number"):
        cellprism.read_labels(file)
    with pytest.raises(ValueError, match="labels of another bundle"):
        cellprism.write_labels(labelled, {100000: "a"})
    bare = labelled.copy()
    del bare.obsm["X_concepts"]
    with pytest.raises(ValueError, match="no X_concepts"):
        cellprism.write_labels(bare, {0: "a"})
