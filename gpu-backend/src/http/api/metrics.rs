//! Counters and gauges, as Prometheus reads them (text format 0.0.4).

use std::{
    fmt::Write as _,
    sync::{
        Arc, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use super::{
    Api,
    counted::{BOUNDS, Metrics},
};
use crate::http::problem::Problem;

/// Counters and gauges of the server, for Prometheus
#[utoipa::path(get, path = "/metrics", tag = "server",
    responses((status = 200, description = "Text format 0.0.4", body = String, content_type = "text/plain")))]
pub async fn metrics(State(api): State<Arc<Api>>) -> Result<Response, Problem> {
    let jobs = api.backend.ask(|all| all.store.jobs_by_state()).await?;
    let mut out = String::new();
    let mut family = |name: &str, kind: &str, help: &str, rows: &[(String, f64)]| {
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in rows {
            let _ = writeln!(out, "{name}{labels} {value}");
        }
    };
    let of = |figure: &AtomicU64| figure.load(Ordering::Relaxed) as f64;
    let one = |value: f64| vec![(String::new(), value)];
    let requests: Vec<(String, f64)> = {
        let all = api.metrics.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let label = |(method, route, status): &(String, String, u16)| {
            format!("{{method=\"{method}\",route=\"{}\",status=\"{status}\"}}", escaped(route))
        };
        all.iter().map(|(key, count)| (label(key), *count as f64)).collect()
    };
    family("cellprism_requests_total", "counter", "Requests by route and status.", &requests);
    family(
        "cellprism_requests_in_progress",
        "gauge",
        "Requests that are being answered.",
        &one(of(&api.metrics.going)),
    );
    let states: Vec<(String, f64)> =
        jobs.iter().map(|(state, n)| (format!("{{state=\"{state}\"}}"), *n as f64)).collect();
    family("cellprism_jobs", "gauge", "Jobs by state.", &states);
    let waiting = jobs.first().map_or(0.0, |(_, n)| *n as f64);
    family("cellprism_queue_length", "gauge", "Jobs that wait.", &one(waiting));
    family(
        "cellprism_queue_limit",
        "gauge",
        "Most jobs that may wait.",
        &one(api.backend.settings.queue as f64),
    );
    let figures = &api.backend.figures;
    family(
        "cellprism_cells_embedded_total",
        "counter",
        "Cells that jobs have embedded.",
        &one(of(&figures.cells)),
    );
    family(
        "cellprism_worker_deaths_total",
        "counter",
        "Workers that died in a job.",
        &one(of(&figures.deaths)),
    );
    family(
        "cellprism_uploaded_bytes_total",
        "counter",
        "Bytes of uploads that came in.",
        &one(of(&figures.uploaded)),
    );
    family("cellprism_event_streams", "gauge", "Event streams that are open.", &one(of(&figures.followed)));
    if let Some(bytes) = memory() {
        family(
            "process_resident_memory_bytes",
            "gauge",
            "Memory of the server, without its workers.",
            &one(bytes),
        );
    }
    let up = api.started.elapsed().as_secs_f64();
    family("cellprism_uptime_seconds", "gauge", "Time since the server began.", &one(up));
    latencies(&api.metrics, &mut out);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], out).into_response())
}

fn latencies(metrics: &Metrics, out: &mut String) {
    let name = "cellprism_request_seconds";
    let _ = writeln!(out, "# HELP {name} Time until an answer begins.\n# TYPE {name} histogram");
    for (route, one) in &*metrics.latencies.lock().unwrap_or_else(PoisonError::into_inner) {
        let route = escaped(route);
        for (count, bound) in one.within.iter().zip(BOUNDS) {
            let _ = writeln!(out, "{name}_bucket{{route=\"{route}\",le=\"{bound}\"}} {count}");
        }
        let _ = writeln!(out, "{name}_bucket{{route=\"{route}\",le=\"+Inf\"}} {}", one.all);
        let _ = writeln!(out, "{name}_sum{{route=\"{route}\"}} {}", one.seconds);
        let _ = writeln!(out, "{name}_count{{route=\"{route}\"}} {}", one.all);
    }
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Bytes of this process in memory, where the system says.
fn memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0)
}
