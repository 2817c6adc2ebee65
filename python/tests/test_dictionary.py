"""Dictionaries trained in Python against the program's, and their files against another reader."""

import json

import numpy as np
import pytest

import cellprism

safetensors = pytest.importorskip("safetensors.numpy")


@pytest.fixture(scope="module")
def embeddings(bundle_folder):
    return cellprism.read_bundle(bundle_folder).embeddings


def test_the_program_trains_the_same_bits(run_program, embeddings, bundle_folder, tmp_path):
    sae = cellprism.TopKSAE(32, 3, epochs=20, seed=7).fit(embeddings)
    out = tmp_path / "sae"
    run_program(
        "sae", "train", "--embeddings", bundle_folder / "cells/embeddings.safetensors", "--concepts", "32",
         "--active", "3", "--epochs", "20", "--seed", "7", "--out", out
    )
    theirs = safetensors.load_file(out / "sae_weights.safetensors")
    np.testing.assert_array_equal(sae.w_dec, theirs["W_dec"])
    np.testing.assert_array_equal(sae.w_enc, theirs["W_enc"])
    np.testing.assert_array_equal(sae.b_enc, theirs["b_enc"])


def test_codes_are_the_k_largest_and_decode_gives_the_reconstruction(embeddings):
    sae = cellprism.TopKSAE(24, 4, epochs=10).fit(embeddings)
    pre = (embeddings - sae.b_dec) @ sae.w_enc + sae.b_enc
    kept = np.where(pre >= np.sort(pre, axis=1)[:, [-4]], np.maximum(pre, 0), 0)
    activations = sae.encode(embeddings)
    np.testing.assert_allclose(activations.toarray(), kept, atol=1e-4)
    np.testing.assert_allclose(sae.decode(activations), kept @ sae.w_dec + sae.b_dec, atol=1e-4)
    rebuilt = sae.decode(activations)
    spread = ((embeddings - embeddings.mean(0)) ** 2).sum()
    assert sae.evaluate(embeddings)["r2"] == pytest.approx(1 - ((embeddings - rebuilt) ** 2).sum() / spread, abs=1e-5)


def test_files_come_back_and_are_of_the_saelens_layout(embeddings, tmp_path):
    sae = cellprism.TopKSAE(16, 3, epochs=5).fit(embeddings)
    sae.save(tmp_path / "sae")
    config = json.loads((tmp_path / "sae/cfg.json").read_text())
    assert (config["architecture"], config["d_in"], config["d_sae"], config["k"]) == ("topk", embeddings.shape[1], 16, 3)
    again = cellprism.TopKSAE.load(tmp_path / "sae")
    np.testing.assert_array_equal(again.w_dec, sae.w_dec)
    assert repr(again) == f"TopKSAE: 16 concepts, 3 active, {embeddings.shape[1]} dimensions"


def test_progress_is_told_and_may_end_it(embeddings):
    seen = []
    cellprism.TopKSAE(16, 3, epochs=5).fit(embeddings, progress=seen.append)
    assert [one["epoch"] for one in seen] == [1, 2, 3, 4, 5] and seen[-1]["r2"] > seen[0]["r2"]

    def enough(metrics):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        cellprism.TopKSAE(16, 3, epochs=5).fit(embeddings, progress=enough)


def test_sizes_follow_the_data(embeddings):
    sae = cellprism.TopKSAE(epochs=30).fit(embeddings)
    concepts, dimensions = sae.shape
    assert dimensions == embeddings.shape[1] and 8 <= concepts <= len(embeddings) // 10


def test_wrong_numbers_are_named(embeddings):
    bad = embeddings.copy()
    bad[3, 1] = np.nan
    with pytest.raises(ValueError, match="cell 3, dimension 1 is NaN"):
        cellprism.TopKSAE(16, 3).fit(bad)
    with pytest.raises(ValueError, match="active"):
        cellprism.TopKSAE(4, 9).fit(embeddings)
    with pytest.raises(ValueError, match="not trained"):
        cellprism.TopKSAE(4, 2).encode(embeddings)
    sae = cellprism.TopKSAE(16, 3, epochs=1).fit(embeddings)
    with pytest.raises(ValueError, match="the dictionary reads"):
        sae.encode(embeddings[:, :2])
    with pytest.raises(ValueError, match="3 dimensions; cells"):
        sae.encode(np.zeros((2, 2, 2)))
