//! SAELens (Python) loads what `cellprism sae train` writes, and encodes the same: `tests/parity/saelens.py`. Needs a
//! Python with sae-lens, named by `CELLPRISM_PYTHON` or found as `python3`; says so where there is none.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    env,
    path::Path,
    process::{Command, Stdio},
};

use cellprism_tests::program;

#[test]
fn saelens_loads_and_encodes_the_same() {
    let python = env::var_os("CELLPRISM_PYTHON").unwrap_or_else(|| "python3".into());
    let has_it = Command::new(&python)
        .args(["-c", "import importlib.util as u, sys; sys.exit(u.find_spec('sae_lens') is None)"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has_it {
        println!(
            "skipped: SAELens round trip (no sae-lens in {}; set CELLPRISM_PYTHON)",
            Path::new(&python).display()
        );
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("parity/saelens.py");
    let output = Command::new(&python).arg(script).env("CELLPRISM_BINARY", program()).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert_eq!(out.matches("same concepts: True").count(), 2, "{out}");
}
