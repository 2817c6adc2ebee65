//! `cellprism fetch` against servers that drop connections, lie about lengths, know no ranges, or send something else.
#![allow(clippy::unwrap_used)] // all of this file is tests

mod server;

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    thread,
};

use cellprism_tests::{Outcome, cellprism, program};
use serde_json::Value;
use tempfile::TempDir;

use server::{Manner, Server, content, header, sum};

/// What the catalogue knows of the right file.
fn known() -> String {
    format!("bytes = {}\nsha256 = '{}'", content().len(), sum(&content()))
}

struct Fetch {
    outcome: Outcome,
    server: Server,
    work: TempDir,
}

impl Fetch {
    fn from(manner: Manner, known: &str) -> Self {
        let (server, work) = (Server::start(manner), TempDir::new().unwrap());
        let catalogue = server.catalogue(work.path(), known);
        let outcome = again(&catalogue, work.path());
        Self { outcome, server, work }
    }

    fn file(&self) -> PathBuf {
        self.work.path().join("out/cells.h5ad")
    }

    /// The file is there, and nothing else.
    fn succeeds(self) -> (Value, Server) {
        let found = fs::read(self.file());
        let outcome = self.outcome.succeeded();
        assert!(found.unwrap() == content(), "the file is the right one");
        assert_eq!(fs::read_dir(self.work.path().join("out")).unwrap().count(), 1);
        (serde_json::from_str(&outcome.stdout).unwrap(), self.server)
    }

    /// It is refused with these words and leaves nothing.
    fn refused(self, words: &[&str]) -> Server {
        let out = self.work.path().join("out");
        self.outcome.refused(words, &out);
        self.server
    }
}

fn again(catalogue: &Path, work: &Path) -> Outcome {
    cellprism(&[&"--json", &"fetch", &"cells", &"--catalogue", &catalogue, &"--to", &work.join("out")])
}

#[test]
fn a_file_is_fetched_checked_and_left_alone_afterwards() {
    let fetch = Fetch::from(Manner::Good, &known());
    let (catalogue, work) = (fetch.work.path().join("catalogue.toml"), fetch.work.path().to_owned());
    let written = fs::metadata(fetch.file()).unwrap().modified().unwrap();
    let second: Value = serde_json::from_str(&again(&catalogue, &work).succeeded().stdout).unwrap();
    assert_eq!(second["files"][0]["was_there"], true);
    assert_eq!(fs::metadata(fetch.file()).unwrap().modified().unwrap(), written);
    let (first, server) = fetch.succeeds();
    assert_eq!(server.requests().len(), 1, "what is there is not fetched again");
    assert_eq!(
        (&first["files"][0]["checked"], &first["files"][0]["sha256"]),
        (&true.into(), &sum(&content()).into())
    );
}

#[test]
fn another_file_of_that_name_stays_what_it_is() {
    let (server, work) = (Server::start(Manner::Good), TempDir::new().unwrap());
    let catalogue = server.catalogue(work.path(), &known());
    fs::create_dir(work.path().join("out")).unwrap();
    let thesis = work.path().join("out/cells.h5ad");
    fs::write(&thesis, "mine").unwrap();
    again(&catalogue, work.path()).refused_keeping(&["is another file", "4 bytes", "--to"]);
    assert_eq!(fs::read(&thesis).unwrap(), b"mine");
    assert!(server.requests().is_empty());
}

#[test]
fn a_connection_that_drops_is_gone_on_with() {
    let (_, server) = Fetch::from(Manner::Drops(350_000), &known()).succeeds();
    let requests = server.requests();
    assert_eq!(requests.len(), 4, "1,200,000 bytes in pieces of 350,000");
    let from: Vec<Option<&str>> = requests.iter().map(|request| header(request, "range")).collect();
    assert_eq!(from, [None, Some("bytes=350000-"), Some("bytes=700000-"), Some("bytes=1050000-")]);
    assert_eq!(header(&requests[1], "if-range"), Some("\"1\""));
}

#[test]
fn without_ranges_it_is_fetched_from_the_beginning() {
    let (_, server) = Fetch::from(Manner::DropsWithoutRanges(900_000), &known()).succeeds();
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_busy_server_is_asked_again() {
    let (_, server) = Fetch::from(Manner::Busy, &known()).succeeds();
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn another_size_is_refused_before_anything_is_fetched() {
    for manner in [Manner::AnnouncesMore, Manner::SendsLess] {
        let server = Fetch::from(manner, &known())
            .refused(&["the catalogue says 1200000", "nothing of it was fetched"]);
        assert_eq!(server.requests().len(), 1, "{manner:?}");
    }
}

#[test]
fn a_server_that_announces_more_than_it_has_is_given_up_in_the_end() {
    let only_digest = format!("sha256 = '{}'", sum(&content()));
    let fetch = Fetch::from(Manner::AnnouncesMore, &only_digest);
    fetch.outcome.refused_keeping(&["cells.h5ad", "run the same command again"]);
    assert!(!fetch.work.path().join("out/cells.h5ad").exists());
}

#[test]
fn more_than_was_announced_is_not_kept() {
    Fetch::from(Manner::SendsMore, &known()).refused(&["more came than the 1200000 bytes"]);
}

#[test]
fn other_bytes_are_not_kept() {
    let expected = sum(&content());
    Fetch::from(Manner::SendsOther, &known()).refused(&[
        "it is another file",
        &expected,
        "nothing of it was kept",
    ]);
}

#[test]
fn a_range_that_nobody_asked_for_is_refused() {
    let fetch = Fetch::from(Manner::OtherRange(100_000), &known());
    fetch.outcome.refused_keeping(&["asked for byte 100000 on, it sends from 99999"]);
}

#[test]
fn a_missing_file_is_refused_with_where_to_put_it() {
    let expected = sum(&content());
    let server =
        Fetch::from(Manner::Missing, &known()).refused(&["404", "put it at", "1200000 bytes", &expected]);
    assert_eq!(server.requests().len(), 1, "asked once");
}

#[test]
fn without_a_digest_the_one_seen_is_said_and_a_changed_file_begins_anew() {
    let (found, _) = Fetch::from(Manner::Good, "").succeeds();
    assert_eq!(
        (&found["files"][0]["checked"], &found["files"][0]["sha256"]),
        (&false.into(), &sum(&content()).into())
    );

    let fetch = Fetch::from(Manner::Changes(400_000), "");
    let changed: Vec<u8> = content().into_iter().rev().collect();
    assert!(fs::read(fetch.file()).unwrap() == changed, "not the beginning of one and the end of the other");
    fetch.outcome.succeeded();
}

#[test]
fn a_killed_fetch_goes_on() {
    let (server, work) = (Server::start(Manner::Drops(200_000)), TempDir::new().unwrap());
    let catalogue = server.catalogue(work.path(), &known());
    let out = work.path().join("out");
    let mut child = Command::new(program())
        .args(["fetch", "cells", "--quiet", "--catalogue"])
        .arg(&catalogue)
        .arg("--to")
        .arg(&out)
        .spawn()
        .unwrap();
    while server.requests().len() < 3 {
        thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!out.join("cells.h5ad").exists());
    let before = server.requests().len();
    again(&catalogue, work.path()).succeeded();
    assert!(fs::read(out.join("cells.h5ad")).unwrap() == content());
    let next = &server.requests()[before];
    let from: usize = header(next, "range").unwrap()[6..].trim_end_matches('-').parse().unwrap();
    assert!(from >= 200_000, "what had come is not fetched again: {from}");
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
}

#[test]
fn without_a_network_it_is_said_where_the_file_must_be() {
    let work = TempDir::new().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let nobody = Server { address: free, seen: Arc::default() };
    let catalogue = nobody.catalogue(work.path(), &known());
    let out = work.path().join("out");
    let expected = sum(&content());
    again(&catalogue, work.path())
        .refused(&["put it at", "out/cells.h5ad", &expected, "run the same command again"], &out);
    // by hand, then
    fs::create_dir(&out).unwrap();
    fs::write(out.join("cells.h5ad"), content()).unwrap();
    let found: Value = serde_json::from_str(&again(&catalogue, work.path()).succeeded().stdout).unwrap();
    assert_eq!(
        (&found["files"][0]["checked"], &found["files"][0]["was_there"]),
        (&true.into(), &true.into())
    );
}

#[test]
fn what_does_not_fit_on_the_disk_is_refused_before_anybody_is_asked() {
    let fetch = Fetch::from(Manner::Good, "bytes = 4000000000000000");
    let server = fetch.refused(&["4000000000000000 bytes are needed", "free", "--to"]);
    assert!(server.requests().is_empty());
}

#[test]
fn the_list_says_what_is_known_and_what_is_not() {
    let listed = cellprism(&[&"fetch", &"--list"]).succeeded().stdout;
    for words in [
        "tabula-sapiens-immune",
        "19.8 GB",
        "digest known",
        "digest unknown",
        "to be brought by hand",
        "not known here",
    ] {
        assert!(listed.contains(words), "no {words:?} in\n{listed}");
    }
    let items: Value =
        serde_json::from_str(&cellprism(&[&"--json", &"fetch", &"--list"]).succeeded().stdout).unwrap();
    assert!(items.as_array().unwrap().len() >= 8);
    let work = TempDir::new().unwrap();
    let out = work.path().join("out");
    cellprism(&[&"fetch", &"nope", &"--to", &out]).refused(&["nothing named", "scvi-census"], &out);
    let digest = "c18e075e018140cb8b2d9029387b9de26607a5ce6a8ccabd6ead70cd76b95d60";
    cellprism(&[&"fetch", &"scgpt-human", &"--to", &out])
        .refused(&["by hand", "args.json", "1300 bytes", digest], &out);
    cellprism(&[&"fetch"]).refused_keeping(&["NAME"]);
}
