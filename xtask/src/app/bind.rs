//! From a compiled program to a WebAssembly file and the JavaScript that loads it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use super::cut::{self, Cut};
use crate::{
    setup::WasmOpt,
    step::{say, step},
};

/// How a program is optimised once it is bound.
#[derive(Clone, Copy, Debug)]
pub(super) enum Aim {
    /// A small file: the interface.
    Size,
    /// Quick arithmetic: the worker.
    Speed,
}

/// Binds and optimises a program, in parts where it is `cut`; gives the folder with `NAME.js` and `NAME_bg.wasm`.
///
/// # Errors
/// If the file isn't what wasm-bindgen expects or wasm-opt fails.
pub(super) fn bind(
    wasm: &Path,
    name: &str,
    aim: Aim,
    cut: bool,
    opt: Option<&WasmOpt>,
    work: &Path,
) -> Result<PathBuf> {
    let bytes = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    let key = format!("{:x} {aim:?} {cut} {}\n", Sha256::digest(&bytes), opt.is_some());
    let folder = work.join(name);
    let stamp = folder.join("stamp");
    if fs::read_to_string(&stamp).is_ok_and(|text| text == key) {
        return Ok(folder);
    }
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let cut = if cut { cut::cut(name, &bytes, &folder)? } else { Cut { program: bytes, parts: vec![] } };
    step(&format!("wasm-bindgen, {name}"), || {
        let mut bindgen = Bindgen::new();
        // parts are linked through the program's table of functions
        bindgen.keep_lld_exports(!cut.parts.is_empty());
        bindgen.input_bytes(name, cut.program).web(true)?.typescript(false).remove_producers_section(true);
        bindgen.generate(&folder)
    })?;
    if let Some(opt) = opt {
        optimise(&folder.join(format!("{name}_bg.wasm")), aim, opt)?;
        for part in &cut.parts {
            optimise(part, aim, opt)?;
        }
    }
    fs::write(&stamp, key)?;
    Ok(folder)
}

fn optimise(bound: &Path, aim: Aim, opt: &WasmOpt) -> Result<()> {
    let level = match aim {
        Aim::Size => "-Oz",
        Aim::Speed => "-O3",
    };
    let name = bound.file_stem().unwrap_or_default().to_string_lossy();
    let (optimised, log) = (bound.with_extension("optimised"), bound.with_extension("log"));
    step(&format!("wasm-opt {level}, {name}"), || opt.run(level, bound, &optimised, &log))?;
    let size = |file: &Path| fs::metadata(file).map(|data| data.len() / 1000);
    say(&format!("  {} kB, before {} kB", size(&optimised)?, size(bound)?));
    fs::rename(&optimised, bound)?;
    fs::remove_file(log)?;
    Ok(())
}
