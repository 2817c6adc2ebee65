//! Training of sparse autoencoders by ONNX Runtime: the step graph of `cellprism-onnx` with its state bound to the device.
//!
//! State has two sets of tensors; a step reads one and writes the other. There is one session a batch size and auxiliary
//! width; the width follows the dead concepts, as the last step foresaw them. Figures are read after every step.

mod tensors;

use cellprism_core::sae::train::{Engine, EngineFailure, Plan, State, StepReport};
use cellprism_onnx::{
    graph::Element,
    sae_train_step::{REPORT, TrainStep, state_names},
};
use ndarray::ArrayView2;
use ort::{
    memory::{AllocationDevice, Allocator, AllocatorType, MemoryInfo, MemoryType},
    session::{IoBinding, Session},
    value::Tensor,
};

use super::{Device, EngineError, session::Runtime};
use tensors::{Slot, failed, get, put, slot, transposed};

/// Most sessions kept; each holds its own work space.
const KEPT: usize = 4;

/// The ONNX engine.
pub struct OnnxTrainer {
    runtime: &'static Runtime,
    device: Device,
    threads: usize,
    base: TrainStep,
    batches: [usize; 2],
    window: i64,
    sessions: Vec<StepSession>,
    /// Keeps the device allocator's session alive.
    allocator: (Allocator, Option<Session>),
    sets: Option<[Set; 2]>,
    current: usize,
    dead_next: usize,
    batch: Vec<f32>,
}

/// All state tensors, in the order of [`state_names`].
type Set = Vec<Slot>;

/// A session with its two bindings and what the host writes and reads.
struct StepSession {
    step: TrainStep,
    session: Session,
    bindings: [IoBinding; 2],
    x: Tensor<f32>,
    rate: Tensor<f64>,
    figures: Vec<Slot>,
}

impl OnnxTrainer {
    /// An engine for a plan on a device, with `threads` threads on the processor (0: one a core).
    ///
    /// # Errors
    /// If the device is not there.
    pub fn new(
        runtime: &'static Runtime,
        device: Device,
        threads: usize,
        plan: &Plan<'_>,
    ) -> Result<Self, EngineError> {
        let options = plan.options();
        let base = TrainStep {
            d: plan.d(),
            c: options.concepts,
            k: options.active,
            batch: plan.batch(),
            aux_k: options.aux_k(),
            dead_width: 0,
            horizon: plan.batch(),
            decoder_bias: options.decoder_bias,
            aux_coefficient: options.aux_coefficient,
            clip: options.clip,
            beta1: options.beta1,
            beta2: options.beta2,
            epsilon: options.epsilon,
            element: Element::F32,
        };
        let allocator = match device {
            Device::Cpu => (Allocator::default(), None),
            Device::Cuda(number) => {
                let refused = |e: String| EngineError::Device { device: device.to_string(), reason: e };
                let mut builder = runtime.builder(device, threads)?;
                let session =
                    builder.commit_from_memory(&base.to_bytes()).map_err(|e| refused(e.to_string()))?;
                let number = i32::try_from(number).map_err(|e| refused(e.to_string()))?;
                let memory = MemoryInfo::new(
                    AllocationDevice::CUDA,
                    number,
                    AllocatorType::Device,
                    MemoryType::Default,
                );
                let memory = memory.map_err(|e| refused(e.to_string()))?;
                let allocator = Allocator::new(&session, memory).map_err(|e| refused(e.to_string()))?;
                (allocator, Some(session))
            }
        };
        let window = i64::try_from(plan.dead_window()).unwrap_or(i64::MAX);
        Ok(Self {
            runtime,
            device,
            threads,
            batches: [plan.batch(), plan.last_batch()],
            base,
            window,
            sessions: Vec::new(),
            allocator,
            sets: None,
            current: 0,
            dead_next: 0,
            batch: Vec::new(),
        })
    }

    /// Auxiliary widths: 0, 64, 128 … c.
    fn width(&self) -> usize {
        match self.dead_next {
            _ if self.base.aux_k == 0 => 0,
            0 => 0,
            n => n.next_power_of_two().max(64).min(self.base.c),
        }
    }

    /// The place of the session for a batch and width; opened where it is not yet.
    fn session(&mut self, batch: usize, width: usize) -> Result<usize, EngineFailure> {
        let found = self.sessions.iter().position(|s| (s.step.batch, s.step.dead_width) == (batch, width));
        if let Some(place) = found {
            let session = self.sessions.remove(place);
            self.sessions.push(session);
        } else {
            if self.sessions.len() == KEPT {
                self.sessions.remove(0);
            }
            let opened = self.open(TrainStep { batch, dead_width: width, ..self.base.clone() })?;
            self.sessions.push(opened);
        }
        Ok(self.sessions.len() - 1)
    }

    fn open(&mut self, step: TrainStep) -> Result<StepSession, EngineFailure> {
        let mut builder = self.runtime.builder(self.device, self.threads).map_err(failed)?;
        let session = builder.commit_from_memory(&step.to_bytes()).map_err(failed)?;
        let host = Allocator::default();
        let device = &self.allocator.0;
        let x = Tensor::<f32>::new(device, step.shape("x")).map_err(failed)?;
        let rate = Tensor::<f64>::new(device, [1usize]).map_err(failed)?;
        let mut window = Tensor::<i64>::new(device, [1usize]).map_err(failed)?;
        put(&mut window, &[self.window], self.device)?;
        let mut figures = REPORT
            .iter()
            .map(|name| slot(&host, step.element(name), &[1]))
            .collect::<Result<Vec<_>, EngineFailure>>()?;
        let Some(sets) = &mut self.sets else { return Err(EngineFailure("it has no state yet".into())) };
        let [a, b] = sets;
        let mut bind = |from: &Set, to: &mut Set| -> ort::Result<IoBinding> {
            let mut io = session.create_binding()?;
            for ((name, input), output) in state_names().iter().zip(from).zip(to) {
                match (input, output) {
                    (Slot::Numbers(i), Slot::Numbers(o)) => {
                        io.bind_input(name.as_str(), i)?;
                        io.bind_output(format!("{name}_out"), o)?;
                    }
                    (Slot::Counts(i), Slot::Counts(o)) => {
                        io.bind_input(name.as_str(), i)?;
                        io.bind_output(format!("{name}_out"), o)?;
                    }
                    _ => unreachable!("both sets are made alike"),
                }
            }
            io.bind_input("x", &x)?;
            io.bind_input("lr", &rate)?;
            io.bind_input("window", &window)?;
            for (name, figure) in REPORT.iter().zip(&mut figures) {
                match figure {
                    Slot::Numbers(value) => io.bind_output(*name, value)?,
                    Slot::Counts(value) => io.bind_output(*name, value)?,
                }
            }
            Ok(io)
        };
        let first = bind(a, b).map_err(failed)?;
        let second = bind(b, a).map_err(failed)?;
        Ok(StepSession { step, session, bindings: [first, second], x, rate, figures })
    }
}

impl Engine for OnnxTrainer {
    fn restore(&mut self, state: &State) -> Result<(), EngineFailure> {
        if self.sets.is_none() {
            let device = &self.allocator.0;
            let set = || -> Result<Set, EngineFailure> {
                let names = state_names();
                names
                    .iter()
                    .map(|name| slot(device, self.base.element(name), &self.base.shape(name)))
                    .collect()
            };
            self.sets = Some([set()?, set()?]);
        }
        let Some(sets) = &mut self.sets else { return Err(EngineFailure("no state".into())) };
        let mut slots = sets[self.current].iter_mut();
        for parameters in [&state.weights, &state.m, &state.v] {
            for (name, values) in parameters.named() {
                let turned;
                let values = if name == "W_enc" {
                    turned = transposed(values, state.c, state.d);
                    &turned
                } else {
                    values
                };
                if let Some(Slot::Numbers(tensor)) = slots.next() {
                    put(tensor, values, self.device)?;
                }
            }
        }
        let since: Vec<i64> = state.since.iter().map(|&s| i64::try_from(s).unwrap_or(i64::MAX / 2)).collect();
        let step = [i64::try_from(state.step).map_err(failed)?];
        for values in [&since[..], &step] {
            if let Some(Slot::Counts(tensor)) = slots.next() {
                put(tensor, values, self.device)?;
            }
        }
        let soon = self.window.saturating_sub(i64::try_from(self.base.horizon).map_err(failed)?);
        self.dead_next = since.iter().filter(|&&s| s >= soon).count();
        Ok(())
    }

    fn step(
        &mut self,
        data: ArrayView2<'_, f32>,
        rows: &[u32],
        learning_rate: f64,
    ) -> Result<StepReport, EngineFailure> {
        if !self.batches.contains(&rows.len()) {
            return Err(EngineFailure(format!("a batch of {} cells was not planned", rows.len()).into()));
        }
        let width = self.width();
        let place = self.session(rows.len(), width)?;
        self.batch.clear();
        for &row in rows {
            self.batch.extend(data.row(row as usize));
        }
        let device = self.device;
        let StepSession { session, bindings, x, rate, figures, .. } = &mut self.sessions[place];
        put(x, &self.batch, device)?;
        put(rate, &[learning_rate], device)?;
        drop(session.run_binding(&bindings[self.current]).map_err(failed)?);
        self.current = 1 - self.current;
        let figure = |place: usize| -> f64 {
            match &figures[place] {
                Slot::Numbers(value) => f64::from(value.extract_tensor().1[0]),
                Slot::Counts(value) => value.extract_tensor().1[0] as f64,
            }
        };
        let report = StepReport {
            cells: rows.len(),
            sse: figure(0) * (rows.len() * self.base.d) as f64,
            aux: figure(1),
            entries: figure(2) as u64,
            active: figure(3) as u32,
            dead: figure(4) as u32,
        };
        self.dead_next = figure(5) as usize;
        if self.base.aux_k > 0 && report.dead as usize > width {
            return Err(EngineFailure(
                format!("{} dead concepts, but the step was made for {width}", report.dead).into(),
            ));
        }
        Ok(report)
    }

    fn state(&mut self) -> Result<State, EngineFailure> {
        let Some(sets) = &self.sets else { return Err(EngineFailure("it has no state yet".into())) };
        let (d, c) = (self.base.d, self.base.c);
        let mut state = State { d, c, ..State::default() };
        let mut slots = sets[self.current].iter();
        for parameters in [&mut state.weights, &mut state.m, &mut state.v] {
            for (name, values) in parameters.named_mut() {
                if let Some(Slot::Numbers(tensor)) = slots.next() {
                    let found = get(tensor, self.device)?;
                    *values = if name == "W_enc" { transposed(&found, d, c) } else { found };
                }
            }
        }
        let mut counts = slots.filter_map(|slot| match slot {
            Slot::Counts(tensor) => Some(get(tensor, self.device)),
            Slot::Numbers(_) => None,
        });
        let since = counts.next().transpose()?.unwrap_or_default();
        state.since = since.into_iter().map(|s| u64::try_from(s).unwrap_or(0)).collect();
        let step = counts.next().transpose()?.unwrap_or_default();
        state.step = step.first().and_then(|&s| u64::try_from(s).ok()).unwrap_or(0);
        Ok(state)
    }
}
