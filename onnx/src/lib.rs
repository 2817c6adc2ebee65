//! ONNX models written from published checkpoints, and safe readers of those checkpoints.
