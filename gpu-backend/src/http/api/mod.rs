//! `/api/v1`: jobs over HTTP, and what they need. Documented by `utoipa` from the same lines that make the routes.
//!
//! | file | idea |
//! |---|---|
//! | `router` | [`routes`]: every route, and the OpenAPI document |
//! | `state` | [`Api`]: what handlers share |
//! | `request` | each request's own name, its log line, its place in the metrics and in the audit log |
//! | `sent` | JSON that was sent, limited in size and time |
//! | `failure` | what the queue and the database say, as problems |
//! | `own` | who may remove what |
//! | `uploads`, `tus` | resumable uploads, and the words of their protocol |
//! | `datasets`, `gene_sets`, `models` | what jobs are about |
//! | `jobs`, `events` | jobs, and what happens in them |
//! | `interactive` | small questions, answered at once |
//! | `labels` | shared labels of a bundle |
//! | `counted` | what is counted while requests are answered |
//! | `health`, `metrics`, `docs` | what a watchdog, Prometheus and people ask |

mod counted;
mod datasets;
mod docs;
mod events;
mod failure;
mod gene_sets;
mod health;
mod interactive;
mod jobs;
mod labels;
mod metrics;
mod models;
mod own;
mod request;
mod router;
mod sent;
mod state;
mod tus;
mod uploads;

pub use request::{may, note};
pub use router::{documented, routes};
pub use state::Api;
