//! Writes the JSON Schema of every JSON file of a bundle into a folder: `cargo xtask schema` writes `docs/schema`.

use std::{env, error::Error, fs, path::Path};

use cellprism_core::bundle::json_schemas;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).ok_or("which folder? For instance docs/schema")?;
    fs::create_dir_all(&folder)?;
    for (name, schema) in json_schemas() {
        let text = serde_json::to_string_pretty(&schema)? + "\n";
        fs::write(Path::new(&folder).join(format!("{name}.json")), text)?;
    }
    Ok(())
}
