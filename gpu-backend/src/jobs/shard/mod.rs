//! A run past one machine: cut into tasks that any machine may do that sees one folder, and put together to the bundle that
//! [`run`](super::bundle::run) would have written.
//!
//! The folder holds `plan.json` and `results/`, a folder for each finished task, named by the task and by the key of the run:
//! every digest, parameter, device, engine and version that decides a number. A task lays what it needs into a work folder of
//! its own, calls the stage that a run calls, and gives what the stage has left its name in one step, with a list of checksums.
//! So a task may be killed, done twice, or done by two at once; and what does not belong to the plan, or is damaged, is named.
//!
//! | file | idea |
//! |---|---|
//! | `options` | what is asked for |
//! | `task` | a stage or a share of one, what it needs and what it leaves |
//! | `cut` | a run as tasks |
//! | `estimate` | cores, memory, devices and seconds of each |
//! | `plan` | the file; whether program and inputs are still those it was made for |
//! | `result` | what a task has left, with its checksums |
//! | `lay` | results laid into a work folder, and taken from it |
//! | `perform` | tasks done |
//! | `merge` | the bundle put together |

mod cut;
mod estimate;
mod lay;
mod merge;
mod options;
mod perform;
mod plan;
mod result;
mod task;

pub use merge::merge;
pub use options::{Options, RunOptions};
pub use perform::{TaskReport, run};
pub use plan::{Plan, plan};
pub use task::{MERGE, Stage, Task};
