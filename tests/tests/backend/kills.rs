//! Killed at any moment: nothing that was accepted is lost, and every bundle is the one of an undisturbed run.

use std::{env, fs, process::Command, thread::sleep, time::Duration};

use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::{Value, json};

use crate::server::{Server, assert_same, by_run};

/// Few in a usual test; many with `CELLPRISM_LONG=1`.
fn times(few: usize, many: usize) -> usize {
    if env::var_os("CELLPRISM_LONG").is_some_and(|value| value == "1") { many } else { few }
}

fn rest(generator: &mut Xoshiro256PlusPlus, most: u64) {
    sleep(Duration::from_millis(generator.next_u64() % most));
}

#[test]
fn an_upload_goes_on_after_every_kill_of_the_server() {
    let mut server = Server::start(&[]);
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(19);
    let content: Vec<u8> =
        (0..6_000_000_u32).flat_map(|i| (i.wrapping_mul(2_654_435_761) >> 24).to_le_bytes()).collect();
    let id = server.begin_upload(content.len(), "YmlnLmJpbg==");
    let head = |server: &Server| -> usize {
        let told =
            server.ask("HEAD", &format!("/api/v1/uploads/{id}"), "Tus-Resumable: 1.0.0\r\n", b"").is(200);
        told.headers["upload-offset"].parse().unwrap()
    };
    let (mut kills, mut known) = (0, 0);
    while kills < times(5, 30) {
        let at = head(&server);
        assert!(at >= known, "{at} bytes are left of {known}");
        if at == content.len() {
            break;
        }
        let end = content.len().min(at + 700_000);
        let piece = &content[at..end];
        std::thread::scope(|scope| {
            let (address, id) = (&server.address, &id);
            let client = Server::client(address);
            let sent = scope.spawn(move || client.tried_piece(id, at, piece));
            rest(&mut generator, 12);
            kill_by_number(server.number());
            if let Some(answer) = sent.join().unwrap()
                && answer.status == 204
            {
                known = end;
            }
        });
        server.kill();
        server.begin();
        kills += 1;
    }
    let mut at = head(&server);
    assert!(at >= known, "what was acknowledged is there: {at} of {known}");
    for piece in content[at..].chunks(1 << 20) {
        at = server.piece(&id, at, piece).is(204).headers["upload-offset"].parse().unwrap();
    }
    assert_eq!(fs::read(server.at(&format!("data/uploads/{id}"))).unwrap(), content);
}

#[test]
fn jobs_go_on_after_kills_of_server_and_worker() {
    let mut server = Server::start(&[]);
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(20);
    let settings = json!({"concepts": 60, "active": 4, "epochs": 400, "min_size": 5});
    let request = server.prepared(settings);
    let mut jobs: Vec<(String, u64)> = Vec::new();
    for seed in 0..2 {
        let mut one = request.clone();
        one["seed"] = json!(seed);
        jobs.push((server.post("/jobs", &one).is(202).json()["id"].as_str().unwrap().to_owned(), seed));
    }
    let (mut of_server, mut of_workers, mut given_up) = (0, 0, 0);
    while of_server < times(4, 50) || of_workers < times(3, 20) {
        rest(&mut generator, 1500);
        let seen: Vec<Value> =
            jobs.iter().map(|(job, _)| server.get(&format!("/api/v1/jobs/{job}")).is(200).json()).collect();
        for job in seen.iter().filter(|job| job["state"] == "failed") {
            // Nobody can tell our kills from a job that always ends its worker; asked to, it goes on.
            assert!(job["error"].as_str().unwrap().contains("times at the same place"), "{job}");
            let path = format!("/api/v1/jobs/{}/retry", job["id"].as_str().unwrap());
            server.ask("POST", &path, "", b"").is(202);
            given_up += 1;
        }
        let states: Vec<Value> = seen.iter().map(|job| job["state"].clone()).collect();
        if states.iter().all(|state| state == "succeeded") {
            if of_server + of_workers >= times(4, 0) {
                let mut one = request.clone();
                let seed = jobs.len() as u64;
                one["seed"] = json!(seed);
                jobs.push((
                    server.post("/jobs", &one).is(202).json()["id"].as_str().unwrap().to_owned(),
                    seed,
                ));
                if jobs.len() > times(3, 40) {
                    break;
                }
            }
            continue;
        }
        let workers = server.workers();
        if of_workers < of_server && !workers.is_empty() {
            kill_by_number(workers[0]);
            of_workers += 1;
        } else {
            server.kill();
            server.begin();
            of_server += 1;
        }
    }
    assert!(of_server > 0 && of_workers > 0, "{of_server} and {of_workers} kills");
    for (job, seed) in &jobs {
        let ended = server.ended(job);
        assert_eq!(ended["state"], "succeeded", "{ended}");
        let seed = seed.to_string();
        let undisturbed = by_run(&[
            "--concepts",
            "60",
            "--active",
            "4",
            "--epochs",
            "400",
            "--min-size",
            "5",
            "--seed",
            &seed,
        ]);
        assert_same(&server.bundle(job), &undisturbed);
        let events = server.ask("GET", &format!("/api/v1/jobs/{job}/events"), "", b"").is(200);
        let text = String::from_utf8(events.body).unwrap();
        let ids: Vec<u64> = text.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect();
        assert!(ids.iter().copied().eq(1..=ids.len() as u64), "{ids:?}");
    }
    println!(
        "{of_server} kills of the server, {of_workers} of workers, {} jobs, {given_up} times given up and retried",
        jobs.len()
    );
}

#[test]
fn a_locked_database_is_said_and_a_folder_is_one_servers() {
    let server = Server::start(&[]);
    let other = Command::new(cellprism_tests::program())
        .args(["serve", "--bind", "127.0.0.1:0", "--data-dir"])
        .arg(server.at("data"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(other.status.code() == Some(1) && said.contains("another server uses this folder"), "{said}");
}

/// Ends a process by its number, as the system does when memory is short.
fn kill_by_number(process: u32) {
    let _ = Command::new("kill").args(["-9", &process.to_string()]).status();
}
