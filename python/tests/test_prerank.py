"""prerank against the program's table, and GSEApy's where it is installed."""

import gzip
import subprocess

import numpy as np
import pytest

import cellprism
from cellprism import _program

pandas = pytest.importorskip("pandas")


@pytest.fixture(scope="module")
def ranking(bundle_folder):
    bundle = cellprism.read_bundle(bundle_folder)
    return bundle.attribution(int(bundle.concepts["cells"].idxmax()))["score"].astype(np.float64)


def test_the_table_is_the_programs(ranking, demo_data, tmp_path):
    sets = demo_data / "GO_Biological_Process.gmt.gz"
    ours = cellprism.prerank(ranking, sets, permutation_num=200, ascending=None)
    file, out = tmp_path / "ranking.rnk", tmp_path / "table.csv"
    file.write_text("".join(f"{gene}\t{score!r}\n" for gene, score in zip(ranking.index, map(float, ranking))))
    subprocess.run(
        [_program.program(), "enrich", "--ranking", file, "--gene-sets", sets, "--permutations", "200", "--sort", "given", "--out", out],
        check=True, capture_output=True,
    )
    theirs = pandas.read_csv(out, comment="#")
    assert list(ours["Term"]) == list(theirs["Term"]) and len(ours) > 100
    for column in ("ES", "NES", "NOM p-val", "FDR q-val", "FWER p-val"):
        np.testing.assert_array_equal(ours[column], theirs[column])
    assert list(ours["Lead_genes"]) == list(theirs["Lead_genes"]) and list(ours["Tag %"]) == list(theirs["Tag %"])
    assert list(ours["Gene %"]) == list(theirs["Gene %"])


def test_gseapy_gives_the_same_numbers(ranking, demo_data):
    gseapy = pytest.importorskip("gseapy")
    with gzip.open(demo_data / "GO_Biological_Process.gmt.gz", "rt") as file:
        sets = {fields[0]: fields[2:] for fields in (line.rstrip("\n").split("\t") for line in file)}
    distinct = ranking[~ranking.duplicated()]
    ours = cellprism.prerank(distinct, sets, permutation_num=100, seed=5).set_index("Term")
    theirs = gseapy.prerank(distinct, sets, permutation_num=100, seed=5, outdir=None, verbose=False).res2d.set_index("Term")
    assert set(ours.index) == set(theirs.index)
    for column in ("ES", "NES", "NOM p-val", "FDR q-val"):
        np.testing.assert_allclose(ours[column], theirs[column].astype(float).reindex(ours.index), atol=1e-12)


def test_several_libraries_are_told_apart(ranking):
    half, other = list(ranking.index[:20]), list(ranking.index[5:40])
    found = cellprism.prerank(ranking, [{"a": half}, {"b": other}], permutation_num=20)
    assert sorted(found["Term"]) == ["gs_ind__a", "gs_ind__b"]


def test_progress_and_ctrl_c(ranking):
    told = []
    cellprism.prerank(ranking, {"a": list(ranking.index[:30])}, permutation_num=2000, progress=told.append)
    assert told and told == sorted(told)

    def stop(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cellprism.prerank(ranking, {"a": list(ranking.index[:30])}, permutation_num=2000, progress=stop)


def test_what_is_wrong_is_said(ranking, tmp_path):
    with pytest.raises(FileNotFoundError, match="not downloaded"):
        cellprism.prerank(ranking, "GO_Biological_Process_2025")
    with pytest.raises(ValueError, match="name genes the same way|name \\S+ genes"):
        cellprism.prerank(ranking, {"a": ["nobody"] * 20})
    bad = ranking.copy()
    bad.iloc[4] = np.nan
    with pytest.raises(ValueError, match="row 5 of the ranking"):
        cellprism.prerank(bad, {"a": list(ranking.index[:30])})
    with pytest.raises(TypeError, match="a Series"):
        cellprism.prerank([1, 2, 3], {"a": ["b"]})
