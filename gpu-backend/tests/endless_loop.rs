//! A graph with a loop without end is ended.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::time::{Duration, Instant};

use cellprism_gpu_backend::runtime::{
    Device, EngineError,
    session::{Input, Runtime},
};

#[test]
fn a_loop_without_end_is_ended() {
    let runtime = match Runtime::start(None) {
        Ok(runtime) => runtime,
        Err(error) => return println!("skipped: {error}"),
    };
    let graph = include_bytes!("fixtures/endless_loop.onnx");
    let mut session = runtime.open_bytes(graph, "endless", Device::Cpu, 1).unwrap();
    session.set_patience(Duration::from_millis(300));
    let started = Instant::now();
    let error = session.run(&[("counts", Input::F32(&[1, 2], &[1.0, 2.0]))], "embeddings").unwrap_err();
    assert!(matches!(error, EngineError::Late(_)), "{error}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}
