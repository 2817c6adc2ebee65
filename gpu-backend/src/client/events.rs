//! A job followed, gone on with after a broken connection.

use std::{
    io::{BufRead as _, BufReader},
    thread::sleep,
    time::Duration,
};

use reqwest::Method;
use serde_json::Value;

use super::{Client, ClientError};

/// Rest before a stream that broke is opened again.
const REST: Duration = Duration::from_secs(1);
/// How often in a row it is.
const TRIES: u32 = 60;

/// An event of a job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Its number.
    pub id: String,
    /// `state`, `progress` or `log`.
    pub kind: String,
    /// What it tells.
    pub data: Value,
}

impl Client {
    /// Tells every event of a job, from its first to its last, and then the job.
    ///
    /// # Errors
    /// If there is no such job, or the server does not come back for a minute.
    pub fn watch(&self, job: &str, tell: &mut dyn FnMut(&Told)) -> Result<Value, ClientError> {
        let (mut last, mut tries) = (String::new(), 0);
        loop {
            match self.stream(job, &mut last, tell) {
                Ok(()) => tries = 0,
                Err(error) if error.is_passing() && tries < TRIES => tries += 1,
                Err(error) => return Err(error),
            }
            match self.get(&format!("jobs/{job}")) {
                Ok(now)
                    if ["succeeded", "failed", "cancelled"]
                        .contains(&now["state"].as_str().unwrap_or_default()) =>
                {
                    // What came between.
                    let _ = self.stream(job, &mut last, tell);
                    return Ok(now);
                }
                Err(error) if !error.is_passing() || tries >= TRIES => return Err(error),
                _ => sleep(REST),
            }
        }
    }

    fn stream(&self, job: &str, last: &mut String, tell: &mut dyn FnMut(&Told)) -> Result<(), ClientError> {
        let mut request = self.request(Method::GET, &format!("api/v1/jobs/{job}/events"))?;
        if !last.is_empty() {
            request = request.header("last-event-id", last.as_str());
        }
        let mut event = Told::default();
        let mut data = String::new();
        for line in BufReader::new(Self::send(request)?).lines() {
            // The stream broke: it is opened again from the last event on.
            let Ok(line) = line else { return Ok(()) };
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => value.clone_into(&mut event.id),
                "event" => value.clone_into(&mut event.kind),
                "data" => data.push_str(value),
                "" if line.is_empty() && !data.is_empty() => {
                    event.data = serde_json::from_str(&data).unwrap_or_default();
                    tell(&event);
                    event.id.clone_into(last);
                    (event, data) = (Told::default(), String::new());
                }
                _ => {}
            }
        }
        Ok(())
    }
}
