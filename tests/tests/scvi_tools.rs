//! scVI models of many shapes give scvi-tools' latents and expected counts: `tests/parity/scvi_tools.py`.

use cellprism_tests::parity;

#[test]
fn models_of_many_shapes_give_what_scvi_tools_gives() {
    let Some(out) = parity("scvi_tools.py", "scvi") else { return };
    assert_eq!(out.lines().filter(|line| line.starts_with("ok ")).count(), 12, "{out}");
}
