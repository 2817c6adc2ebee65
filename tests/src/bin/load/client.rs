//! One client: one request after the other, drawn from a generator of its own.

use std::time::Instant;

use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;
use reqwest::{Method, blocking::RequestBuilder};
use serde_json::{Value, json};

use crate::{
    figures::{Answered, Kind},
    server::Scene,
};

/// Bytes of an upload; it comes in two pieces.
const UPLOAD: usize = 128 << 10;
/// Cells of a request to encode.
const CELLS: usize = 8;
/// Genes of a ranking.
const RANKED: usize = 400;

/// A client.
pub struct Client<'a> {
    scene: &'a Scene,
    generator: Xoshiro256PlusPlus,
    answered: Vec<Answered>,
    /// Jobs that it has submitted and not removed yet.
    jobs: Vec<String>,
}

/// An answer as far as it matters here.
struct Got {
    status: u16,
    location: Option<String>,
    body: Vec<u8>,
}

impl<'a> Client<'a> {
    /// A client with this seed.
    pub fn new(scene: &'a Scene, seed: u64) -> Self {
        let generator = Xoshiro256PlusPlus::seed_from_u64(seed);
        Self { scene, generator, answered: Vec::new(), jobs: Vec::new() }
    }

    /// Goes on until then; what was answered.
    pub fn until(mut self, end: Instant) -> Vec<Answered> {
        while Instant::now() < end {
            match self.draw(100) {
                0..50 => self.read(),
                50..65 => self.encode(),
                65..72 => self.enrich(),
                72..84 => self.upload(),
                84..90 => self.submit(),
                _ => self.follow(),
            }
        }
        self.answered
    }

    fn draw(&mut self, below: usize) -> usize {
        (self.generator.next_u64() % below as u64) as usize
    }

    fn read(&mut self) {
        let at = self.draw(self.scene.files.len());
        let path = format!("bundles/{}/{}", self.scene.bundle, self.scene.files[at]);
        self.ask(Kind::File, Method::GET, &path, |request| request);
    }

    fn encode(&mut self) {
        let genes = &self.scene.genes;
        let counts: Vec<Vec<u32>> = (0..CELLS)
            .map(|_| {
                genes.iter().map(|_| (self.generator.next_u64() % 40).saturating_sub(35) as u32).collect()
            })
            .collect();
        let body = json!({"bundle": self.scene.bundle, "cells": {"genes": genes, "counts": counts}});
        self.json(Kind::Encode, "encode", &body);
    }

    fn enrich(&mut self) {
        let mut ranking: Vec<(&String, f64)> = Vec::new();
        for gene in self.scene.genes.iter().take(RANKED) {
            ranking.push((gene, self.generator.next_u64() as f64 / u64::MAX as f64 - 0.5));
        }
        let sets = [&self.scene.library];
        let body = json!({"ranking": ranking, "gene_sets": sets, "permutations": 100, "min_size": 5});
        self.json(Kind::Enrich, "enrich", &body);
    }

    fn upload(&mut self) {
        let tus = |request: RequestBuilder| request.header("tus-resumable", "1.0.0");
        let begun = self.ask(Kind::Upload, Method::POST, "api/v1/uploads", |request| {
            tus(request).header("upload-length", UPLOAD)
        });
        let Some(place) = begun.and_then(|begun| begun.location) else { return };
        let place = place.trim_start_matches('/').to_owned();
        let content = vec![self.draw(256) as u8; UPLOAD];
        for at in [0, UPLOAD / 2] {
            let piece = content[at..at + UPLOAD / 2].to_vec();
            self.ask(Kind::Upload, Method::PATCH, &place, |request| {
                let request = tus(request).header("upload-offset", at);
                request.header("content-type", "application/offset+octet-stream").body(piece)
            });
        }
        self.ask(Kind::Upload, Method::HEAD, &place, tus);
        self.ask(Kind::Upload, Method::DELETE, &place, tus);
    }

    fn submit(&mut self) {
        let mut job = self.scene.job.clone();
        job["seed"] = json!(self.draw(1_000_000));
        let got = self.json(Kind::Submit, "jobs", &job);
        if let Some(got) = got.filter(|got| got.status == 202)
            && let Some(id) = serde_json::from_slice::<Value>(&got.body)
                .ok()
                .and_then(|job| Some(job["id"].as_str()?.to_owned()))
        {
            self.jobs.push(id);
        }
    }

    /// Looks at jobs; removes an own one that is done.
    fn follow(&mut self) {
        let Some(job) = self.jobs.first().cloned() else {
            self.ask(Kind::Jobs, Method::GET, "api/v1/jobs", |request| request);
            return;
        };
        let path = format!("api/v1/jobs/{job}");
        let got = self.ask(Kind::Jobs, Method::GET, &path, |request| request);
        let now: Option<Value> = got.and_then(|got| serde_json::from_slice(&got.body).ok());
        if now.is_some_and(|now| now["finished"].is_string()) {
            self.ask(Kind::Jobs, Method::DELETE, &path, |request| request);
            self.jobs.remove(0);
        }
    }

    fn json(&mut self, kind: Kind, path: &str, body: &Value) -> Option<Got> {
        let text = body.to_string();
        self.ask(kind, Method::POST, &format!("api/v1/{path}"), |request| {
            request.header("content-type", "application/json").body(text)
        })
    }

    /// Sends a request and notes how it was answered; the answer, where there was one.
    fn ask(
        &mut self,
        kind: Kind,
        method: Method,
        path: &str,
        with: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Option<Got> {
        let began = Instant::now();
        let request = self.scene.http.request(method, format!("{}/{path}", self.scene.root));
        let got = with(request).send().and_then(|answer| {
            let status = answer.status().as_u16();
            let location = answer.headers().get("location").and_then(|value| value.to_str().ok());
            let location = location.map(ToOwned::to_owned);
            Ok(Got { status, location, body: answer.bytes()?.to_vec() })
        });
        let seconds = began.elapsed().as_secs_f64();
        let (status, said) = match &got {
            Ok(got) if got.status < 300 || got.status == 429 => (got.status, String::new()),
            Ok(got) => (got.status, String::from_utf8_lossy(&got.body).chars().take(300).collect()),
            Err(error) => (0, format!("{error:?}")),
        };
        self.answered.push(Answered { kind, status, seconds, said });
        got.ok()
    }
}
