//! A program cut into files: what a visit begins with, and parts that are fetched when a page needs them.
//!
//! The app marks where (`wasm_split_helpers`); `wasm_split_cli_support` follows every call from there and puts what only a part
//! reaches into the part's file, what several parts reach into a file of theirs, and all else into the program.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use sha2::{Digest, Sha256};
use wasm_split_cli_support::{Options, transform};

/// The cutter's loader only takes files that a server calls `application/wasm`; as for the program itself, any other name for
/// them must do.
const STREAMED: &str = "WebAssembly.instantiateStreaming(src, imports)";
const ANY_NAME: &str = "instantiate(await src, imports)";
const INSTANTIATE: &str = r"async function instantiate(response, imports) {
    if (!response.ok) throw new Error(`${response.url}: the server answered ${response.status}`);
    return WebAssembly.instantiate(await response.arrayBuffer(), imports);
}
";

/// A program that was cut.
pub(super) struct Cut {
    /// The program, to be bound.
    pub program: Vec<u8>,
    /// Its other parts.
    pub parts: Vec<PathBuf>,
}

/// The script that fetches a program's parts.
pub(super) fn link(name: &str) -> String {
    format!("{name}_parts.js")
}

/// Cuts `bytes`; the parts and the script that fetches them lie in `folder`. Parts bear a digest of the program in their
/// names: a page that is still open after the site was renewed must not get parts of another program.
///
/// # Errors
/// If the program isn't what the cutter expects.
pub(super) fn cut(name: &str, bytes: &[u8], folder: &Path) -> Result<Cut> {
    let (link, script) = (format!("./{}", link(name)), format!("./{name}.js"));
    let main = folder.join("program.wasm");
    let mut options = Options::new(bytes);
    options.output_dir = folder;
    options.main_out_path = &main;
    options.main_module = &script;
    options.link_name = &link;
    let split = transform(options).map_err(|error| anyhow!("cannot cut {name}: {error:#}"))?;
    let link = folder.join(link);
    let mut text = fs::read_to_string(&link)?;
    if !text.contains(STREAMED) {
        bail!("the cutter's loader is not the one that this build knows: {STREAMED} is missing");
    }
    text = format!("{INSTANTIATE}{}", text.replace(STREAMED, ANY_NAME));
    let build: String = Sha256::digest(bytes).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let mut parts = Vec::new();
    for file in split.split_modules {
        let old = file.file_name().and_then(|name| name.to_str()).context("a part without a name")?;
        let new = format!("{name}_{build}_{}", old.trim_start_matches("split_"));
        text = text.replace(&format!("\"./{old}\""), &format!("\"./{new}\""));
        let to = folder.join(new);
        fs::rename(&file, &to)?;
        parts.push(to);
    }
    fs::write(link, text)?;
    let program = fs::read(&main)?;
    fs::remove_file(main)?;
    Ok(Cut { program, parts })
}
