//! Killed at any moment: what is there afterwards is whole, the same command ends with the same bytes, and nothing is left.

use std::{
    fs,
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use cellprism_tests::{killed_after, timed};

use crate::setting::{Setting, Task, assert_same, contents};

/// Kills a command as soon as `path` is there; whether it was still at work.
fn killed_when(command: &mut Command, path: &std::path::Path) -> bool {
    let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    while !path.exists() && child.try_wait().unwrap().is_none() && began.elapsed() < Duration::from_secs(60) {
        sleep(Duration::from_micros(200));
    }
    let _ = child.kill();
    !child.wait().unwrap().success()
}

/// Eight moments by what is there, one after the other on the way to one bundle; twelve by time, each on the way to its own.
#[test]
fn a_run_killed_at_twenty_moments_ends_with_the_same_bytes() {
    let setting = Setting::new();
    let task = setting.run(&[]);
    let whole = setting.at("whole");
    let time = timed(&mut task.to(&whole));
    let expected = contents(&whole);

    let outputs = setting.at("outputs");
    fs::create_dir(&outputs).unwrap();
    let (out, partial) = (outputs.join("bundle"), outputs.join("bundle.partial"));
    let stages = [
        "lock",
        "embeddings.json",
        "ladder.json",
        "training",
        "sae.json",
        "concepts-rows",
        "concepts-settled",
        "neurons-rows",
        "calibration.json",
        "bundle/manifest.json",
    ];
    let mut kills = 0;
    for stage in stages {
        kills += u32::from(killed_when(&mut task.to(&out), &partial.join(stage)));
    }
    assert!(kills >= 8, "only {kills} of {} runs were still at work", stages.len());
    timed(&mut task.to(&out));
    assert_same(&expected, &out, "after a kill in every stage");
    assert_eq!(Setting::left_in(&outputs), ["bundle"]);

    let mut kills = 0;
    for moment in 0..12 {
        fs::remove_dir_all(&out).unwrap();
        kills += u32::from(killed_after(&mut task.to(&out), time.mul_f64((f64::from(moment) + 0.5) / 12.0)));
        assert!(!out.exists() || contents(&out) == expected, "half a bundle");
        timed(&mut task.to(&out));
        assert_same(&expected, &out, &format!("after a kill at {moment}/12"));
        assert_eq!(Setting::left_in(&outputs), ["bundle"]);
    }
    assert!(kills >= 6, "only {kills} of 12 runs were still at work");
}

/// A run that was killed right after its bundle had its name leaves nothing behind once it is asked for again; and what was
/// there before is replaced in one step.
#[test]
fn an_older_bundle_is_there_until_the_new_one_is() {
    let setting = Setting::new();
    let out = setting.at("out");
    timed(&mut setting.run(&[]).to(&out));
    let older = contents(&out);
    let task = setting.run(&["--seed", "3", "--overwrite"]);
    let partial = setting.at("out.partial");
    assert!(killed_when(&mut task.to(&out), &partial.join("bundle/manifest.json")));
    let there = contents(&out);
    assert!(there == older || there.len() == older.len(), "neither the old bundle nor the new one");
    timed(&mut task.to(&out));
    assert!(contents(&out) != older && !partial.exists());
    timed(&mut setting.run(&["--seed", "3"]).to(&out));
}

#[test]
fn every_command_killed_leaves_a_whole_output_or_none() {
    let setting = Setting::with_inputs();
    for task in setting.tasks().into_iter().skip(1) {
        killed_and_repeated(&setting, &task);
    }
}

fn killed_and_repeated(setting: &Setting, task: &Task) {
    const MOMENTS: u32 = 6;
    let whole = setting.at(&format!("whole {}", task.name));
    let time = timed(&mut task.to(&whole));
    let expected = contents(&whole);
    let outputs = setting.at(&format!("outputs of {}", task.name));
    fs::create_dir(&outputs).unwrap();
    let out = outputs.join("out");
    for moment in 0..MOMENTS {
        let when = time.mul_f64((f64::from(moment) + 0.5) / f64::from(MOMENTS));
        killed_after(&mut task.to(&out), when);
        if out.exists() {
            assert_same(&expected, &out, &format!("right after a kill of {}", task.name));
        } else {
            timed(&mut task.to(&out));
            assert_same(&expected, &out, &format!("after a kill of {} at {moment}/{MOMENTS}", task.name));
            assert_eq!(Setting::left_in(&outputs), ["out"], "{}", task.name);
        }
        if out.is_dir() {
            fs::remove_dir_all(&out).unwrap();
        } else {
            fs::remove_file(&out).unwrap();
        }
    }
}
