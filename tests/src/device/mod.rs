//! A device beside the processor: the same work on both, each result compared, each timed. `cargo xtask device-check`.
//!
//! | file | idea |
//! |---|---|
//! | `work` | what is done on both |
//! | `checkpoint` | an scGPT of any shape, its weights drawn |
//! | `torch` | the file in which PyTorch would have saved them |
//! | `difference` | how far two results lie apart |

mod checkpoint;
mod difference;
mod torch;
mod work;

pub use work::{Options, Outcome, Row, check};

/// The rows as a table in Markdown.
pub fn table(device: &str, rows: &[Row]) -> String {
    let mut out = format!(
        "| work | cpu s | {device} s | largest difference | may be | |\n| --- | --- | --- | --- | --- | --- |\n"
    );
    for row in rows {
        let judged = if row.is_equal() { "equal" } else { "DIFFERS" };
        let Row { what, seconds: (cpu, there), difference, tolerance } = row;
        out +=
            &format!("| {what} | {cpu:.1} | {there:.1} | {difference:.1e} | {tolerance:.0e} | {judged} |\n");
    }
    out
}
