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
