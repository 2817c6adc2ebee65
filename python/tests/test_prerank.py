"""prerank against the program's table, and GSEApy's where it is installed."""

import gzip
import threading
import time

import numpy as np
import pytest

import cellprism

pandas = pytest.importorskip("pandas")


@pytest.fixture(scope="module")
def ranking(bundle_folder):
    bundle = cellprism.read_bundle(bundle_folder)
    return bundle.attribution(int(bundle.concepts["cells"].idxmax()))["score"].astype(np.float64)


def test_the_table_is_the_programs(run_program, ranking, demo_data, tmp_path):
    sets = demo_data / "GO_Biological_Process.gmt.gz"
    ours = cellprism.prerank(ranking, sets, permutation_num=200, ascending=None)
    file, out = tmp_path / "ranking.rnk", tmp_path / "table.csv"
    file.write_text("".join(f"{gene}\t{score!r}\n" for gene, score in zip(ranking.index, map(float, ranking))))
    run_program("enrich", "--ranking", file, "--gene-sets", sets, "--permutations", "200", "--order", "given", "--out", out)
    theirs = pandas.read_csv(out, comment="#", float_precision="round_trip")
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


def test_other_threads_go_on_meanwhile(ranking):
    beats, over = [], threading.Event()

    def beat():
        while not over.wait(0.002):
            beats.append(time.perf_counter())

    other = threading.Thread(target=beat)
    other.start()
    began = time.perf_counter()
    cellprism.prerank(ranking, {str(i): list(ranking.index[i : i + 300]) for i in range(20)}, permutation_num=20_000)
    ended = time.perf_counter()
    over.set()
    other.join()
    assert sum(began < at < ended for at in beats) >= 3, f"nothing else ran for {ended - began:.2f} s"


def test_what_is_wrong_is_said(ranking, tmp_path):
    with pytest.raises(FileNotFoundError, match="not downloaded"):
        cellprism.prerank(ranking, "GO_Biological_Process_2025")
    with pytest.raises(ValueError, match="name genes the same way|name \\S+ genes"):
        cellprism.prerank(ranking, {"a": ["nobody"] * 20})
    bad = ranking.copy()
    bad.iloc[4] = np.nan
    with pytest.raises(ValueError, match="row 5 of the ranking"):
        cellprism.prerank(bad, {"a": list(ranking.index[:30])})
    with pytest.raises(ValueError, match="writes no files"):
        cellprism.prerank(ranking, {"a": list(ranking.index[:30])}, outdir="figures")
    with pytest.raises(TypeError, match="a Series"):
        cellprism.prerank([1, 2, 3], {"a": ["b"]})
