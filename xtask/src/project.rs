//! Where things are in the working tree, and how cargo is called for it.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The top of the working tree.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace")
}

/// The folder for everything that is built.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR")
        .or_else(|| env::var_os("CARGO_BUILD_TARGET_DIR"))
        .map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// The program that this project is about.
pub(crate) fn binary() -> PathBuf {
    target().join("release").join(format!("cellprism{}", env::consts::EXE_SUFFIX))
}

/// The built app.
pub(crate) fn app() -> PathBuf {
    target().join("app")
}

/// The cargo that runs this program, with the ordinary toolchain, at the top of the working tree.
pub(crate) fn cargo() -> Command {
    nested(Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into())))
}

/// The cargo of a toolchain that rustup knows by this name, at the top of the working tree.
pub(crate) fn cargo_of(toolchain: &str) -> Command {
    let mut command = nested(Command::new("rustup"));
    for name in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(name);
    }
    command.args(["run", toolchain, "cargo"]);
    command
}

/// Without what cargo set for this program: a nested cargo would rebuild because of it.
fn nested(mut command: Command) -> Command {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text == "CARGO_BIN_NAME" {
            command.env_remove(&name);
        }
    }
    command.current_dir(root());
    command
}

/// The folder of shared test data, if there is one: `CELLPRISM_SHARED`, else `../shared`.
pub(crate) fn shared() -> Option<PathBuf> {
    let folder = env::var_os("CELLPRISM_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    folder.is_dir().then_some(folder)
}
