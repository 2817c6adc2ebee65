//! Progress on stderr: bars with rate and time left; plain lines where stderr is not a terminal.

use std::{
    io::IsTerminal,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::stderr::errln;
use crate::work::progress::{Progress, Steps};

/// Time between lines where stderr is no terminal.
const LINE_PAUSE: Duration = Duration::from_secs(10);

/// The terminal, or what stderr is instead of one.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Says nothing.
    pub quiet: bool,
}

impl Progress for Terminal {
    fn begin(&self, stage: &'static str, total: u64, unit: &str) -> Box<dyn Steps> {
        let target = if self.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let template = format!(
            "{stage:>10} {{wide_bar:.magenta}} {{human_pos}}/{{human_len}} {unit}  {{per_sec}}  {{eta}} left  {{msg}}"
        );
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        if bar.is_hidden() && !self.quiet {
            errln!("{stage}: {total} {unit}");
        }
        let plain = !self.quiet && !std::io::stderr().is_terminal();
        let lines = plain.then(|| {
            let now = Instant::now();
            Lines { stage, unit: unit.to_owned(), began: now, last: Mutex::new((now, String::new())) }
        });
        Box::new(Bar { bar, lines })
    }

    fn say(&self, line: &str) {
        if !self.quiet {
            errln!("{line}");
        }
    }
}

/// One stage.
struct Bar {
    bar: ProgressBar,
    lines: Option<Lines>,
}

/// What is told of it in lines.
struct Lines {
    stage: &'static str,
    unit: String,
    began: Instant,
    /// When the last line was written, and what was to be said since.
    last: Mutex<(Instant, String)>,
}

impl Lines {
    fn tell(&self, bar: &ProgressBar, text: &str) {
        let (done, seconds) = (bar.position() as f64, self.began.elapsed().as_secs_f64());
        let left = seconds * (bar.length().unwrap_or(0) as f64 - done).max(0.0) / done.max(1.0);
        let rate = done / seconds.max(1e-9);
        let rate = if rate < 10.0 { format!("{rate:.2}") } else { format!("{rate:.0}") };
        let all = bar.length().unwrap_or(0);
        let text = if text.is_empty() { String::new() } else { format!("{text}  ") };
        errln!("{}: {text}{done:.0}/{all}  {rate} {}/s  {left:.0} s left", self.stage, self.unit);
    }
}

impl Steps for Bar {
    fn advance(&self, n: u64) {
        self.bar.inc(n);
        let Some(lines) = &self.lines else { return };
        // Whoever has the lock tells.
        let Ok(mut last) = lines.last.try_lock() else { return };
        if last.0.elapsed() > LINE_PAUSE {
            lines.tell(&self.bar, &last.1);
            *last = (Instant::now(), String::new());
        }
    }

    fn message(&self, text: &str) {
        self.bar.set_message(text.to_owned());
        let Some(lines) = &self.lines else { return };
        let mut last = lines.last.lock().unwrap_or_else(PoisonError::into_inner);
        text.clone_into(&mut last.1);
        if last.0.elapsed() > LINE_PAUSE {
            lines.tell(&self.bar, text);
            *last = (Instant::now(), String::new());
        }
    }

    fn finish(&self) {
        self.bar.finish();
        let Some(lines) = &self.lines else { return };
        let mut last = lines.last.lock().unwrap_or_else(PoisonError::into_inner);
        let text = std::mem::take(&mut last.1);
        if !text.is_empty() {
            lines.tell(&self.bar, &text);
        }
    }
}
