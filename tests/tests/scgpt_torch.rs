//! scGPT models of many shapes give PyTorch's embeddings, and attributions by one whole pass a gene:
//! `tests/parity/scgpt_torch.py`.

use cellprism_tests::parity;

#[test]
fn models_of_many_shapes_give_what_pytorch_gives() {
    let Some(out) = parity("scgpt_torch.py", "scvi") else { return };
    assert_eq!(out.lines().filter(|line| line.starts_with("ok ")).count(), 6, "{out}");
}
