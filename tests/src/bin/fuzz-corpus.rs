//! Writes the files of `fuzz/corpus` that are made here.

use std::fs;

use cellprism_tests::parsers::corpus;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for seed in corpus::made()? {
        if let Some(folder) = seed.path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&seed.path, &seed.content)?;
        println!("{} ({} bytes)", seed.path.display(), seed.content.len());
    }
    Ok(())
}
