//! Execution engines: ONNX Runtime behind one trait.
