//! What happens in a job, as a stream of events: kept ones first, then those that come.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, sync::atomic::Ordering, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{
        IntoResponse as _, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use futures::stream;
use tokio::sync::watch;

use super::{Api, jobs, sent::Named};
use crate::{http::problem::Problem, queue::Backend, state::Event};

/// How long nobody looks when nobody says that something has changed.
const REST: Duration = Duration::from_secs(5);

/// Follow a job: `state`, `progress` and `log`
///
/// Each event has a number; with `Last-Event-ID` the stream goes on after that one, also after a restart of the server. The
/// stream ends with the job; a reader that has seen all of a job that has ended gets 204.
#[utoipa::path(get, path = "/jobs/{id}/events", tag = "jobs",
    params(("id" = String, Path), ("Last-Event-ID" = Option<String>, Header, description = "The last event that was seen")),
    responses(
        (status = 200, description = "Server-sent events", body = String, content_type = "text/event-stream"),
        (status = 204, description = "All was seen, and no more comes"),
    ))]
pub async fn follow(
    State(api): State<Arc<Api>>,
    Named(id): Named,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let last = match headers.get("last-event-id").map(|value| value.to_str()) {
        None | Some(Ok("")) => 0,
        Some(text) => text.ok().and_then(|text| text.trim().parse::<u64>().ok()).ok_or_else(|| {
            Problem::new(StatusCode::BAD_REQUEST, "Last-Event-ID: the number of an event of this job")
        })?,
    };
    let job = jobs::found(&api, &id).await?;
    let changes = api.backend.listen();
    let name = id.clone();
    let known = api.backend.ask(move |all| all.store.events_after(&name, last)).await?;
    if job.state.is_final() && known.is_empty() && last > 0 {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    api.backend.count(|figures| &figures.followed, 1);
    let reader = Reader { backend: Arc::clone(&api.backend), id, last, known: known.into(), changes };
    let events = stream::unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        let told = sse::Event::default().id(event.id.to_string()).event(event.kind).data(event.data);
        Some((Ok::<_, Infallible>(told), reader))
    });
    let alive = KeepAlive::new().interval(Duration::from_secs(15));
    let mut response = Sse::new(events).keep_alive(alive).into_response();
    // A proxy must not hold events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Somebody who follows a job.
struct Reader {
    backend: Arc<Backend>,
    id: String,
    last: u64,
    known: VecDeque<Event>,
    changes: watch::Receiver<u64>,
}

impl Reader {
    /// The next event; nothing once the job has ended and all was told, or is gone.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.known.pop_front() {
                self.last = event.id;
                return Some(event);
            }
            self.changes.mark_unchanged();
            let (id, last) = (self.id.clone(), self.last);
            let asked = self.backend.ask(move |all| {
                // In this order: an event that comes between is seen with the next look.
                let job = all.store.job(&id)?;
                Ok((job, all.store.events_after(&id, last)?))
            });
            match asked.await {
                Ok((_, events)) if !events.is_empty() => {
                    self.known = events.into();
                    continue;
                }
                Ok((None, _)) => return None,
                Ok((Some(job), _)) if job.state.is_final() => return None,
                Ok(_) => {}
                Err(error) => tracing::warn!("events cannot be read: {error}"),
            }
            let _ = tokio::time::timeout(REST, self.changes.changed()).await;
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.backend.figures.followed.fetch_sub(1, Ordering::Relaxed);
    }
}
