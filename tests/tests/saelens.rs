//! SAELens (Python) loads what `cellprism sae train` writes, and encodes the same: `tests/parity/saelens.py`.

use cellprism_tests::parity;

#[test]
fn saelens_loads_and_encodes_the_same() {
    let Some(out) = parity("saelens.py", "sae_lens") else { return };
    assert_eq!(out.matches("same concepts: True").count(), 2, "{out}");
}
