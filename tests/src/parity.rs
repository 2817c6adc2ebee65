//! Comparisons with other people's libraries: scripts in `parity/`, run by a Python that has the library.

use std::{
    env,
    path::Path,
    process::{Command, Stdio},
};

use crate::program;

/// What `parity/SCRIPT` printed, or `None` after saying that there is no Python with `module` (the Python is named by
/// `CELLPRISM_PYTHON`, or found as `python3`).
///
/// # Panics
/// If the script finds a difference.
pub fn parity(script: &str, module: &str) -> Option<String> {
    let python = env::var_os("CELLPRISM_PYTHON").unwrap_or_else(|| "python3".into());
    let look = format!("import importlib.util as u, sys; sys.exit(u.find_spec('{module}') is None)");
    let there = Command::new(&python)
        .args(["-c", &look])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !there {
        let python = Path::new(&python).display();
        println!("skipped: {script} (no {module} in {python}; set CELLPRISM_PYTHON)");
        return None;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("parity").join(script);
    let output = Command::new(&python)
        .arg(path)
        .env("CELLPRISM_BINARY", program())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("the Python that has just run");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    Some(out.into_owned())
}
