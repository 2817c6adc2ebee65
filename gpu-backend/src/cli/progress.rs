//! Progress bars on stderr with rate and time left; plain lines where stderr is not a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Progress of one stage. Cheap to clone; safe to use from several threads.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar over `total` steps named `what`, for instance "attribute" and "concepts".
    pub fn new(stage: &'static str, total: u64, unit: &str, quiet: bool) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let template = format!(
            "{stage:>10} {{wide_bar:.magenta}} {{human_pos}}/{{human_len}} {unit}  {{per_sec}}  {{eta}} left  {{msg}}"
        );
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        if bar.is_hidden() && !quiet {
            eprintln!("{stage}: {total} {unit}");
        }
        Self { bar }
    }

    /// No output at all.
    pub fn hidden() -> Self {
        Self { bar: ProgressBar::hidden() }
    }

    /// `n` steps done.
    pub fn advance(&self, n: u64) {
        self.bar.inc(n);
    }

    /// A short text after the bar, for instance a loss.
    pub fn message(&self, text: impl Into<String>) {
        self.bar.set_message(text.into());
    }

    /// Ends the bar and leaves a line with the time taken.
    pub fn finish(&self) {
        self.bar.finish();
    }
}
