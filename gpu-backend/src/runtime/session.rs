//! ONNX Runtime: loading the library once a process, opening sessions on a device, running them.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Duration,
};

use ort::{
    environment::Environment,
    ep,
    session::{RunOptions, Session as OrtSession, SessionInputValue, builder::SessionBuilder},
    value::{Outlet, TensorElementType, TensorRef, ValueType},
};

use super::{
    Device, EngineError, library,
    patience::{PATIENCE, within},
};

/// The library, loaded. There is one a process.
#[derive(Debug)]
pub struct Runtime {
    environment: Environment,
    path: PathBuf,
    version: String,
}

static RUNTIME: OnceLock<Result<Runtime, (PathBuf, String)>> = OnceLock::new();

impl Runtime {
    /// Finds and loads the library; later calls give the same one.
    ///
    /// # Errors
    /// If it is not found, cannot be loaded or is too old, or another one is loaded already.
    pub fn start(explicit: Option<&Path>) -> Result<&'static Self, EngineError> {
        if explicit.is_none()
            && let Some(Ok(runtime)) = RUNTIME.get()
        {
            return Ok(runtime);
        }
        let path = library::find(explicit)?;
        let loaded = RUNTIME.get_or_init(|| load(&path).map_err(|reason| (path.clone(), reason)));
        match loaded {
            Ok(runtime) if runtime.path == path || explicit.is_none() => Ok(runtime),
            Ok(runtime) => Err(EngineError::Another { loaded: runtime.path.clone(), wanted: path }),
            Err((path, reason)) => Err(EngineError::Load { path: path.clone(), reason: reason.clone() }),
        }
    }

    /// Where the library is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its version, or "unknown" where neither its name nor its build text says.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The environment that sessions live in, for code that binds tensors itself.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Options of a session on `device`; on the processor with `threads` threads (0: one a core).
    ///
    /// On CUDA, TF32 is off, and a model with an operator that would run on the processor is refused.
    ///
    /// # Errors
    /// If the device is not there.
    pub fn builder(&self, device: Device, threads: usize) -> Result<SessionBuilder, EngineError> {
        let refused = |e: String| EngineError::Device {
            device: device.to_string(),
            reason: e.trim_end_matches('.').to_owned(),
        };
        let builder = OrtSession::builder(&self.environment).map_err(|e| refused(e.to_string()))?;
        let builder = builder.with_intra_threads(threads).map_err(|e| refused(e.to_string()))?;
        let Device::Cuda(number) = device else { return Ok(builder) };
        let number = i32::try_from(number).map_err(|_| refused("there is no such number".into()))?;
        let cuda = ep::CUDA::default().with_device_id(number).with_tf32(false).build().error_on_failure();
        let builder = builder.with_execution_providers([cuda]).map_err(|e| refused(e.to_string()))?;
        builder.with_disable_cpu_fallback().map_err(|e| refused(e.to_string()))
    }

    /// Opens a model file on `device`.
    ///
    /// # Errors
    /// If the device is not there or the model is refused.
    pub fn open(&self, model: &Path, device: Device, threads: usize) -> Result<Session, EngineError> {
        let session = self.builder(device, threads)?.commit_from_file(model);
        self.session(session, device, &model.display().to_string())
    }

    /// Opens a model held in memory; `name` is for messages.
    ///
    /// # Errors
    /// If the device is not there or the model is refused.
    pub fn open_bytes(
        &self,
        model: &[u8],
        name: &str,
        device: Device,
        threads: usize,
    ) -> Result<Session, EngineError> {
        let session = self.builder(device, threads)?.commit_from_memory(model);
        self.session(session, device, name)
    }

    fn session(
        &self,
        session: ort::Result<OrtSession>,
        device: Device,
        name: &str,
    ) -> Result<Session, EngineError> {
        let refused = |e: ort::Error| EngineError::Model { model: name.into(), reason: e.to_string() };
        Ok(Session { session: session.map_err(refused)?, device, name: name.into(), patience: PATIENCE })
    }
}

fn load(path: &Path) -> Result<Runtime, String> {
    let builder = ort::init_from(path).map_err(|e| e.to_string())?;
    let environment =
        builder.with_name("cellprism").with_telemetry(false).build().map_err(|e| e.to_string())?;
    let version =
        library::version_of(path).or_else(|| branch_version(ort::info())).unwrap_or_else(|| "unknown".into());
    Ok(Runtime { environment, path: path.to_owned(), version })
}

/// "1.32.0" out of "… git-branch=rel-1.32.0, …".
fn branch_version(build: &str) -> Option<String> {
    let after = build.split("git-branch=rel-").nth(1)?;
    Some(after.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect())
}

/// A tensor fed to a model: shape and row-major values.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// 32-bit floats.
    F32(&'a [usize], &'a [f32]),
    /// 64-bit integers.
    I64(&'a [usize], &'a [i64]),
    /// 32-bit integers.
    I32(&'a [usize], &'a [i32]),
}

/// An input or output of a model, as it declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Whether it is a tensor of 32-bit floats.
    pub f32: bool,
    /// Its type in words.
    pub kind: String,
    /// Its sizes, `None` where they are only known when it runs; nothing where it is no tensor.
    pub shape: Option<Vec<Option<usize>>>,
}

impl Port {
    fn of(outlet: &Outlet) -> Self {
        let (f32, shape) = match outlet.dtype() {
            ValueType::Tensor { ty, shape, .. } => {
                let sizes = shape.iter().map(|&size| usize::try_from(size).ok()).collect();
                (*ty == TensorElementType::Float32, Some(sizes))
            }
            _ => (false, None),
        };
        Self { name: outlet.name().into(), f32, kind: outlet.dtype().to_string(), shape }
    }
}

/// A model ready to run.
#[derive(Debug)]
pub struct Session {
    session: OrtSession,
    device: Device,
    name: String,
    patience: Duration,
}

impl Session {
    /// Ends runs that take longer than this; [`PATIENCE`] otherwise.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Where it runs.
    pub fn device(&self) -> Device {
        self.device
    }

    /// ONNX Runtime's name of the execution provider.
    pub fn provider(&self) -> &'static str {
        match self.device {
            Device::Cpu => "CPUExecutionProvider",
            Device::Cuda(_) => "CUDAExecutionProvider",
        }
    }

    /// What it reads.
    pub fn inputs(&self) -> Vec<Port> {
        self.session.inputs().iter().map(Port::of).collect()
    }

    /// What it gives.
    pub fn outputs(&self) -> Vec<Port> {
        self.session.outputs().iter().map(Port::of).collect()
    }

    /// Feeds `inputs` by name and copies the f32 output `output`: shape and row-major values.
    ///
    /// # Errors
    /// If names, types or shapes do not fit the model, the device fails, or it takes too long.
    pub fn run(
        &mut self,
        inputs: &[(&str, Input<'_>)],
        output: &str,
    ) -> Result<(Vec<usize>, Vec<f32>), EngineError> {
        let failed = |e: ort::Error| EngineError::Run(e.to_string());
        let mut values: Vec<(&str, SessionInputValue<'_>)> = Vec::with_capacity(inputs.len());
        for &(name, input) in inputs {
            let value = match input {
                Input::F32(shape, data) => TensorRef::from_array_view((shape, data)).map_err(failed)?.into(),
                Input::I64(shape, data) => TensorRef::from_array_view((shape, data)).map_err(failed)?.into(),
                Input::I32(shape, data) => TensorRef::from_array_view((shape, data)).map_err(failed)?.into(),
            };
            values.push((name, value));
        }
        let options = RunOptions::new().map_err(failed)?;
        let end = || {
            if let Err(error) = options.terminate() {
                tracing::warn!("a run could not be ended: {error}");
            }
        };
        let outputs =
            within(self.patience, end, || self.session.run_with_options(values, &options).map_err(failed))?;
        let found = outputs.get(output).ok_or_else(|| EngineError::Model {
            model: self.name.clone(),
            reason: format!("it has no output named {output:?}"),
        })?;
        let (shape, data) = found.try_extract_tensor::<f32>().map_err(failed)?;
        let shape = shape.iter().map(|&size| usize::try_from(size).unwrap_or(0)).collect();
        Ok((shape, data.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellprism_onnx::graph::{Dim, Element, Graph};

    /// y = 2 x, on any number of rows.
    fn doubling() -> Vec<u8> {
        let rows = [Dim::name("n"), Dim::fixed(2)];
        let mut g = Graph::new("double");
        let x = g.input("x", Element::F32, &rows);
        let two = g.constant("two", &[], &[2.0f32]);
        let y = g.op("Mul", &[x, two]);
        g.output(y, "y", Element::F32, &rows);
        g.to_bytes(18)
    }

    #[test]
    fn a_built_graph_runs() {
        let runtime = match Runtime::start(None) {
            Ok(runtime) => runtime,
            Err(error) => return eprintln!("skipped: {error}"),
        };
        let mut session = runtime.open_bytes(&doubling(), "double", Device::Cpu, 1).unwrap();
        let (shape, values) = session.run(&[("x", Input::F32(&[1, 2], &[1.5, -2.0]))], "y").unwrap();
        assert_eq!((shape, values), (vec![1, 2], vec![3.0, -4.0]));
        assert!(session.run(&[("x", Input::F32(&[1, 3], &[1.0; 3]))], "y").is_err());
        assert!(session.run(&[("x", Input::F32(&[1, 2], &[1.0; 2]))], "z").is_err());
    }

    #[test]
    fn no_silent_fall_back_from_cuda() {
        let Ok(runtime) = Runtime::start(None) else { return eprintln!("skipped: no ONNX Runtime") };
        match runtime.open_bytes(&doubling(), "double", Device::Cuda(0), 1) {
            Ok(session) => assert_eq!(session.provider(), "CUDAExecutionProvider"),
            Err(error) => assert!(error.to_string().contains("cuda:0"), "{error}"),
        }
    }

    #[test]
    fn the_version_is_read_from_the_build_text() {
        let text = "ORT Build Info: git-branch=rel-1.32.0, git-commit-id=abc";
        assert_eq!(branch_version(text).as_deref(), Some("1.32.0"));
        assert_eq!(branch_version("ORT Build Info: git-branch=HEAD"), None);
    }
}
