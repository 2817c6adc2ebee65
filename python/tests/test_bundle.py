"""A bundle in AnnData against its own files, read by other libraries."""

import json

import numpy as np
import pytest

import cellprism

safetensors = pytest.importorskip("safetensors.numpy")


def test_activations_are_those_of_the_files(bundle_folder):
    bundle = cellprism.read_bundle(bundle_folder)
    found = bundle.activations.toarray()
    expected = np.zeros_like(found)
    for path in (bundle_folder / "concepts").glob("[0-9]*.safetensors"):
        arrays = safetensors.load_file(path)
        expected[arrays["cells"].astype(int), int(path.stem)] = arrays["activations"]
    assert found.shape == (len(bundle.cells), len(bundle)) and found.any()
    np.testing.assert_array_equal(found, expected)


def test_tables_say_what_the_json_says(bundle_folder):
    bundle = cellprism.read_bundle(bundle_folder)
    rows = json.loads((bundle_folder / "concepts/index.json").read_text())["rows"]
    assert list(bundle.concepts["title"]) == [row["title"] or row["reads_as"] for row in rows]
    assert list(bundle.concepts["cells"]) == [row["cells"] for row in rows]
    concept = max(rows, key=lambda row: row["cells"])["id"]
    arrays = safetensors.load_file(bundle_folder / f"concepts/{concept:04}.safetensors")
    table = bundle.attribution(concept)
    np.testing.assert_array_equal(table["score"].reindex(bundle.genes), arrays["scores"])
    np.testing.assert_array_equal(table["carried_by_presence"].reindex(bundle.genes), arrays["carried_by_presence"])
    assert table["presence"].is_monotonic_decreasing
    detail = json.loads((bundle_folder / f"concepts/{concept:04}.json").read_text())
    sets = bundle.pathways(concept)
    paper = sets[sets["reading"] == "paper"]
    assert list(paper["term"]) == [one["term"] for one in detail["enrichment"][0]["sets"]]
    presence = detail["reading"]["presence"]["enrichment"]["sets"]
    assert list(sets[sets["reading"] == "presence"]["nes"]) == [one["nes"] for one in presence]


def test_a_concept_goes_into_anndata_by_the_cells_names(bundle_folder, adata, tmp_path):
    anndata = pytest.importorskip("anndata")
    bundle = cellprism.read_bundle(bundle_folder)
    shuffled = adata[np.random.default_rng(0).permutation(adata.n_obs)[:300]].copy()
    concept = int(bundle.concepts["cells"].idxmax())
    data = bundle.to_anndata(shuffled, obs=[concept])
    assert "X_concepts" not in shuffled.obsm, "the given object is left as it was"
    place = {name: row for row, name in enumerate(bundle.cells)}
    rows = [place[name] for name in data.obs_names]
    np.testing.assert_array_equal(data.obsm["X_concepts"].toarray(), bundle.activations.toarray()[rows])
    np.testing.assert_array_equal(data.obsm["X_cellprism"], bundle.embeddings[rows])
    scores = bundle.attribution(concept)["presence"]
    column = data.varm["concept_attribution"][:, concept]
    gene = scores.index[0]
    assert column[list(data.var_names).index(gene)] == scores[gene] and np.nanmax(column) == scores[gene]
    path = tmp_path / "cells.h5ad"
    data.write_h5ad(path)
    again = anndata.read_h5ad(path)
    np.testing.assert_array_equal(again.obsm["X_concepts"].toarray(), data.obsm["X_concepts"].toarray())
    assert again.uns["cellprism"]["titles"][concept] == bundle.concepts["title"][concept]
    assert again.uns["cellprism"]["tag"] == bundle.manifest["tag"]


def test_a_map_is_coloured_by_a_concept(bundle_folder, adata, tmp_path):
    scanpy = pytest.importorskip("scanpy")
    import matplotlib

    matplotlib.use("agg")
    bundle = cellprism.read_bundle(bundle_folder)
    concept = int(bundle.concepts["cells"].idxmax())
    data = bundle.to_anndata(adata, obs=[concept])
    figure = scanpy.pl.embedding(data, basis="X_cellprism", color=f"C{concept}", show=False, return_fig=True)
    drawn = figure.axes[0].collections[0].get_array()
    assert len(drawn) == adata.n_obs and float(np.max(drawn)) == pytest.approx(float(bundle.concepts["max"][concept]))
    figure.savefig(tmp_path / "map.png")


def test_the_round_trip_of_a_new_bundle(run_program, demo_data, tmp_path):
    """The program's bundle → AnnData → h5ad → scanpy's plot, and back into the program."""
    anndata, scanpy = pytest.importorskip("anndata"), pytest.importorskip("scanpy")
    import matplotlib

    matplotlib.use("agg")

    run_program("run", "--cells", demo_data / "cells.h5ad", "--model", demo_data / "scvi", "--gene-sets", demo_data / "GO_Biological_Process.gmt.gz",
                "--concepts", 24, "--active", 3, "--epochs", 40, "--permutations", 50, "--calibration", 0, "--out", tmp_path / "bundle")
    bundle = cellprism.read_bundle(tmp_path / "bundle")
    concept = int(bundle.concepts["cells"].idxmax())
    bundle.to_anndata(anndata.read_h5ad(demo_data / "cells.h5ad"), obs=[concept]).write_h5ad(tmp_path / "cells.h5ad")
    data = anndata.read_h5ad(tmp_path / "cells.h5ad")
    figure = scanpy.pl.embedding(data, basis="X_umap", color=f"C{concept}", show=False, return_fig=True)
    drawn = np.asarray(figure.axes[0].collections[0].get_array())
    expected = bundle.activations[:, [concept]].toarray().ravel()
    np.testing.assert_allclose(np.sort(drawn), np.sort(expected), rtol=1e-6)
    # the embeddings in obsm are what the program embeds
    run_program("import", "scvi", demo_data / "scvi", "--out", tmp_path / "model")
    run_program("embed", "--cells", tmp_path / "cells.h5ad", "--model", tmp_path / "model", "--out", tmp_path / "again.safetensors")
    again = safetensors.load_file(tmp_path / "again.safetensors")["embeddings"]
    np.testing.assert_array_equal(again, data.obsm["X_cellprism"])


def test_other_cells_and_other_genes_are_refused_by_name(bundle_folder, adata):
    bundle = cellprism.read_bundle(bundle_folder)
    stranger = adata.copy()
    stranger.obs_names = [f"x{i}" for i in range(stranger.n_obs)]
    with pytest.raises(ValueError, match="700 of 700 cells .* for instance 'x0'"):
        bundle.to_anndata(stranger)
    twice = adata[[0, 0, 1]].copy()
    with pytest.raises(ValueError, match="occurs twice"):
        bundle.to_anndata(twice)
    renamed = adata.copy()
    renamed.var_names = [f"g{i}" for i in range(renamed.n_vars)]
    for column in list(renamed.var.columns):
        del renamed.var[column]
    with pytest.raises(ValueError, match="none of adata's genes"):
        bundle.to_anndata(renamed)
    with pytest.raises(IndexError, match="concept 9999"):
        bundle.attribution(9999)
    with pytest.raises(ValueError, match="presence, absence, paper"):
        bundle.to_anndata(adata, reading="neither")


def test_a_folder_that_is_no_bundle_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="manifest.json"):
        cellprism.read_bundle(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(ValueError, match="manifest.json"):
        cellprism.read_bundle(tmp_path)
