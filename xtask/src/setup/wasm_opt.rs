//! wasm-opt, which makes the app's WebAssembly smaller and faster; it runs under Node.js.

use std::{path::Path, path::PathBuf, process::Command};

use anyhow::Result;

use super::{Cache, npm};
use crate::step::{logged, program};

/// What rustc emits for `wasm32-unknown-unknown` with SIMD.
const FEATURES: [&str; 8] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// An installed wasm-opt.
#[derive(Clone, Debug)]
pub(crate) struct WasmOpt {
    node: PathBuf,
    script: PathBuf,
}

impl WasmOpt {
    /// Installs it, unless it is there; nothing if Node.js is missing.
    ///
    /// # Errors
    /// If npm fails.
    pub(crate) fn ensure() -> Result<Option<Self>> {
        let (Some(node), Some(_)) = (npm::node(), program("npm")) else { return Ok(None) };
        let folder = npm::install(npm::BINARYEN)?;
        Ok(Some(Self { node, script: script(&folder) }))
    }

    /// Whether it is there.
    pub(crate) fn is_present() -> bool {
        let folder = Cache::location().map(|cache| npm::folder(&cache, npm::BINARYEN));
        npm::node().is_some() && folder.is_ok_and(|folder| script(&folder).exists())
    }

    /// Optimises one file into another; `level` as in `-Oz`.
    ///
    /// # Errors
    /// If it fails.
    pub(crate) fn run(&self, level: &str, from: &Path, to: &Path, log: &Path) -> Result<()> {
        let mut command = Command::new(&self.node);
        command.arg(&self.script).arg(level).args(FEATURES).arg(from).arg("-o").arg(to);
        logged(&mut command, log)
    }
}

fn script(folder: &Path) -> PathBuf {
    folder.join("node_modules/binaryen/bin/wasm-opt")
}
