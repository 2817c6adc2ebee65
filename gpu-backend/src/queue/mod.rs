//! What the server does between a request and its answer: its folder, its jobs one after another for each device, its
//! worker processes, and the room that it makes.
//!
//! | file | idea |
//! |---|---|
//! | `settings` | what holds for the server as a whole |
//! | `folder` | [`DataFolder`]: where everything lies |
//! | `backend` | [`Backend`]: state, folder and who waits for what |
//! | `request` | [`JobRequest`]: the options of `cellprism run` over HTTP |
//! | `models` | the models that can be asked for |
//! | `inputs` | a job's files under the names that they came with |
//! | `scheduler` | the next job for each device |
//! | `attempt` | one job in one worker |
//! | `child` | a worker process as seen from the server |
//! | `question`, `questions` | small questions, answered at once and together |
//! | `room` | what is removed, and when there is no room |

mod attempt;
mod backend;
mod child;
mod folder;
mod inputs;
mod models;
mod question;
mod questions;
mod request;
mod room;
mod scheduler;
mod settings;

pub use backend::{Backend, Figures, UploadGuard};
pub use child::WorkerError;
pub use folder::{DataFolder, safe_name};
pub use inputs::check;
pub use models::Offered;
pub use question::Unanswered;
pub use request::{Attribution, Files, JobRequest, LabelBy, PrototypeChoice, ReadingChoice, Refused};
pub use room::NoRoom;
pub use scheduler::start;
pub use settings::Settings;
