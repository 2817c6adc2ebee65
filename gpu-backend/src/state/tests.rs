use serde_json::json;

use super::*;

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("state.sqlite")).unwrap();
    (folder, store)
}

fn new<'a>(asked: &'a serde_json::Value, once: Option<&'a str>) -> NewJob<'a> {
    NewJob { asked, device: "cpu", owner: "me", idempotency: once, most_waiting: 2, most_own: 100 }
}

fn kept(store: &Store, asked: &serde_json::Value) -> String {
    match store.submit(&new(asked, None)).unwrap() {
        Submitted::New(job) => job.id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_request_makes_one_job_and_another_one_none() {
    let (_folder, store) = store();
    let (one, other) = (json!({"seed": 1}), json!({"seed": 2}));
    let Submitted::New(job) = store.submit(&new(&one, Some("a"))).unwrap() else { panic!() };
    assert_eq!(store.submit(&new(&one, Some("a"))).unwrap(), Submitted::Again(job.clone()));
    assert_eq!(store.submit(&new(&other, Some("a"))).unwrap(), Submitted::Other);
    assert_eq!(store.jobs(None, 10).unwrap(), [job]);
}

#[test]
fn two_wait_and_no_third() {
    let (_folder, store) = store();
    let asked = json!({});
    kept(&store, &asked);
    kept(&store, &asked);
    assert_eq!(store.submit(&new(&asked, None)).unwrap(), Submitted::Full);
    let running = store.take_next("cpu").unwrap().unwrap();
    assert_eq!(running.state, JobState::Running);
    kept(&store, &asked);
    assert!(store.take_next("cuda:0").unwrap().is_none());
}

#[test]
fn events_are_numbered_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite");
    let store = Store::open(&path).unwrap();
    let id = kept(&store, &json!({}));
    store.take_next("cpu").unwrap();
    store.progress(&id, "train", 3, 10, "steps").unwrap();
    drop(store);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.requeue().unwrap(), 1);
    let events = store.events_after(&id, 0).unwrap();
    let said: Vec<(u64, &str)> = events.iter().map(|event| (event.id, event.kind.as_str())).collect();
    assert_eq!(said, [(1, "state"), (2, "state"), (3, "progress"), (4, "log"), (5, "state")]);
    assert_eq!(
        events[2].data,
        json!({"stage": "train", "done": 3, "total": 10, "unit": "steps"}).to_string()
    );
    assert_eq!(store.events_after(&id, 3).unwrap(), events[3..]);
    assert_eq!(store.job(&id).unwrap().unwrap().state, JobState::Queued);
}

#[test]
fn a_worker_that_dies_at_one_place_is_given_up() {
    let (_folder, store) = store();
    let id = kept(&store, &json!({}));
    for done in [1, 2, 2] {
        store.take_next("cpu").unwrap().unwrap();
        store.progress(&id, "train", done, 10, "steps").unwrap();
        let waits = store.died(&id, 2, "the worker died").unwrap();
        let state = store.job(&id).unwrap().unwrap().state;
        assert_eq!(waits, state == JobState::Queued);
    }
    let job = store.job(&id).unwrap().unwrap();
    assert_eq!(job.state, JobState::Failed);
    assert_eq!(job.error.as_deref(), Some("the worker died; it died 2 times at the same place"));
}

#[test]
fn what_waits_is_stopped_at_once_and_what_runs_is_told() {
    let (_folder, store) = store();
    let (one, two) = (kept(&store, &json!({})), kept(&store, &json!({})));
    assert_eq!(store.take_next("cpu").unwrap().unwrap().id, one);
    assert_eq!(store.cancel(&two).unwrap().unwrap().state, JobState::Cancelled);
    let running = store.cancel(&one).unwrap().unwrap();
    assert!(running.state == JobState::Running && running.cancelling);
    assert!(store.end(&one, JobState::Cancelled, None).unwrap());
    assert!(!store.end(&one, JobState::Succeeded, None).unwrap(), "it has ended already");
    assert!(store.cancel("nobody").unwrap().is_none());
    let again = store.retry(&one, 2).unwrap().unwrap().unwrap();
    assert!(again.state == JobState::Queued && !again.cancelling);
    assert!(store.is_needed("x").is_ok_and(|needed| !needed));
}

#[test]
fn labels_are_written_over_what_was_seen_only() {
    let (_folder, store) = store();
    let labels = json!({"3": "interferon"});
    assert_eq!(store.write_labels("b", 0, &labels, "me").unwrap().unwrap().version, 1);
    assert!(store.write_labels("b", 0, &json!({}), "you").unwrap().is_none());
    assert_eq!(store.labels("b").unwrap().unwrap().labels, labels);
    store.write_labels("b", 1, &json!({}), "you").unwrap().unwrap();
    let authors: Vec<String> = store.label_history("b").unwrap().into_iter().map(|one| one.author).collect();
    assert_eq!(authors, ["you", "me"]);
}

#[test]
fn a_database_of_a_newer_program_is_refused_and_a_locked_one_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite");
    drop(Store::open(&path).unwrap());
    let other = rusqlite::Connection::open(&path).unwrap();
    other.pragma_update(None, "user_version", 99).unwrap();
    let refused = Store::open(&path).unwrap_err().to_string();
    assert!(refused.contains("version 99"), "{refused}");
    other.pragma_update(None, "user_version", 1).unwrap();
    let store = Store::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert!(matches!(store.check(), Err(StateError::Busy)));
    other.execute_batch("COMMIT").unwrap();
    store.check().unwrap();
}
