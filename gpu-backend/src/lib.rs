//! The backend of cellprism: files, ONNX Runtime, the whole job, and the web server.
