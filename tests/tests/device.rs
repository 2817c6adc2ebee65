//! `--device cuda`: used where it is there, refused where it is not; never replaced by the processor in silence.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::fs;

use cellprism_tests::{
    cellprism, demo_data,
    device::{Options, Outcome, Row, check, table},
};
use safetensors::SafeTensors;
use tempfile::TempDir;

/// Largest difference between the embeddings of a graphics card and those of the processor.
const DRIFT: f32 = 1e-3;

#[test]
fn a_cuda_device_gives_the_processors_embeddings_or_is_refused() {
    let work = TempDir::new().unwrap();
    let at = |name: &str| work.path().join(name);
    let (model, cells) = (at("model"), demo_data().join("cells.h5ad"));
    cellprism(&[&"import", &"scvi", &demo_data().join("scvi"), &"--out", &model]).succeeded();
    let embed = |device: &str| {
        let out = at(device);
        let found = cellprism(&[
            &"--json",
            &"embed",
            &"--model",
            &model,
            &"--cells",
            &cells,
            &"--device",
            &device,
            &"--out",
            &out,
        ]);
        (found, out)
    };
    let (cuda, on_card) = embed("cuda");
    if cuda.code != Some(0) {
        cuda.refused(&["cuda:0", "--device cpu"], &on_card);
        println!("skipped: drift of a CUDA device (no CUDA device)");
        return;
    }
    assert!(cuda.stdout.contains("CUDAExecutionProvider"), "{}", cuda.stdout);
    let (cpu, on_processor) = embed("cpu");
    cpu.succeeded();
    let drift = embeddings(&on_card)
        .iter()
        .zip(embeddings(&on_processor))
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    println!("drift of the CUDA device: {drift:e}");
    assert!(drift <= DRIFT, "the device's embeddings differ by {drift:e}");
}

#[test]
fn the_processor_is_its_own_equal_in_everything_that_a_device_is_asked_for() {
    let work = TempDir::new().unwrap();
    let options =
        Options { device: "cpu".into(), layers: 2, width: 32, cells: 24, folder: work.path().to_owned() };
    let Outcome::Compared(rows) = check(&options).unwrap() else { panic!("there is a processor") };
    assert_eq!(rows.len(), 4);
    for row in &rows {
        assert!(row.difference == 0.0 && row.is_equal(), "{row:?}");
    }
    let shown = table("cpu", &rows);
    assert!(shown.contains("scGPT of 2 layers × 32") && !shown.contains("DIFFERS"), "{shown}");
    let worse: Vec<Row> =
        rows.into_iter().map(|row| Row { difference: row.tolerance * 2.0, ..row }).collect();
    assert_eq!(table("cpu", &worse).matches("DIFFERS").count(), 4);
    let other = TempDir::new().unwrap();
    let nowhere = Options { device: "cuda:99".into(), folder: other.path().to_owned(), ..options };
    let Outcome::NotRun(why) = check(&nowhere).unwrap() else { panic!("there is no such device") };
    assert!(why.contains("cuda:99"), "{why}");
}

#[test]
fn a_device_of_another_kind_is_a_usage_error() {
    let out = TempDir::new().unwrap().path().join("e");
    cellprism(&[
        &"--json",
        &"embed",
        &"--model",
        &"m",
        &"--cells",
        &"c",
        &"--device",
        &"rocm",
        &"--out",
        &out,
    ])
    .refused(&["rocm", "cuda:N"], &out);
}

fn embeddings(path: &std::path::Path) -> Vec<f32> {
    let bytes = fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = file.tensor("embeddings").unwrap();
    tensor.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}
