//! `--out` is a new name, a regular file or folder: nothing else is touched.

use std::fs;

use cellprism_tests::{cellprism, demo_data};

use crate::setting::{Setting, contents};

/// A pipe, a device and a link stay what they are, and so does what a link leads to; nobody waits for the pipe.
#[cfg(unix)]
#[test]
fn pipes_devices_and_links_are_left_alone() {
    use std::os::unix::fs::{FileTypeExt, symlink};
    let setting = Setting::with_inputs();
    for (number, task) in setting.tasks().iter().enumerate() {
        let at = |name: &str| setting.at(&format!("{name} {number}"));
        let (pipe, link, dangling, theirs) = (at("pipe"), at("link"), at("dangling"), at("theirs"));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        fs::write(&theirs, "mine").unwrap();
        symlink(&theirs, &link).unwrap();
        symlink(at("nowhere"), &dangling).unwrap();
        for out in [&pipe, &link, &dangling, std::path::Path::new("/dev/null")] {
            let ended = task.to(out).output().unwrap();
            let said = String::from_utf8_lossy(&ended.stderr);
            assert_eq!(ended.status.code(), Some(1), "{} to {}: {said}", task.name, out.display());
            assert!(said.starts_with("error: "), "{}: {said}", task.name);
            let mut partial = out.as_os_str().to_owned();
            partial.push(".partial");
            assert!(!std::path::Path::new(&partial).exists(), "{}: left {}", task.name, partial.display());
        }
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo(), "{}", task.name);
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device(), "{}", task.name);
        assert!(link.is_symlink() && dangling.is_symlink(), "{}", task.name);
        assert_eq!(fs::read(&theirs).unwrap(), b"mine", "{}", task.name);
        assert!(!at("nowhere").exists());
    }
}

/// Somebody else's `OUT.partial`, with a file of any name in it.
#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let setting = Setting::with_inputs();
    for task in setting.tasks() {
        let out = setting.at(&format!("out of {}", task.name));
        let theirs = setting.at(&format!("out of {}.partial", task.name));
        fs::create_dir(&theirs).unwrap();
        for name in ["thesis.txt", "lock"] {
            fs::write(theirs.join(name), "mine").unwrap();
        }
        let before = contents(&theirs);
        let ended = task.to(&out).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{}: {said}", task.name);
        assert!(said.contains("no unfinished work of cellprism"), "{}: {said}", task.name);
        assert!(contents(&theirs) == before && !out.exists(), "{}", task.name);
    }
}

/// `--out` that is the file that is read, or one of the model's: it stays what it was.
#[test]
fn what_is_read_is_not_written_over() {
    let setting = Setting::with_inputs();
    let (model, cells) = (setting.at("model"), setting.at("cells.h5ad"));
    fs::copy(demo_data().join("cells.h5ad"), &cells).unwrap();
    fs::write(setting.at("genes.rnk"), "A\t1\nB\t2\n").unwrap();
    let (card, ranking, embeddings) =
        (model.join("model.json"), setting.at("genes.rnk"), setting.at("embed"));
    let sets = demo_data().join("GO_Biological_Process.gmt.gz");
    for (words, out) in [
        (vec!["embed", "--model", "model", "--cells", "cells.h5ad"], &cells),
        (vec!["embed", "--model", "model", "--cells", "cells.h5ad"], &card),
        (vec!["de", "--cells", "cells.h5ad", "--column", "cell_type", "--group", "x"], &cells),
        (vec!["enrich", "--gene-sets", sets.to_str().unwrap(), "--ranking", "genes.rnk"], &ranking),
        (vec!["enrich", "--gene-sets", "genes.rnk", "--ranking", "rankings"], &ranking),
        (vec!["sae", "encode", "--sae", "train", "--embeddings", "embed"], &embeddings),
        (vec!["sae", "semi-nmf", "--concepts", "3", "--embeddings", "embed"], &embeddings),
        (vec!["attribute", "--model", "model", "--sae", "train", "--cells", "cells.h5ad"], &cells),
        (
            vec![
                "steer",
                "--model",
                "model",
                "--sae",
                "train",
                "--concept",
                "0",
                "--to",
                "1",
                "--cells",
                "cells.h5ad",
            ],
            &cells,
        ),
        (vec!["simulate", "--gene-names", "genes.rnk", "--gene-sets-out", "sets.gmt"], &ranking),
    ] {
        let before = fs::read(out).unwrap();
        let ended = std::process::Command::new(cellprism_tests::program())
            .args(&words)
            .arg("--out")
            .arg(out)
            .current_dir(setting.at(""))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{words:?}: {said}");
        assert!(["is read", "exists already"].iter().any(|word| said.contains(word)), "{words:?}: {said}");
        assert!(fs::read(out).unwrap() == before, "{words:?}");
    }
}

/// `--overwrite` replaces what the same command has written, and nothing else; and a bundle gets no file that is not in its list.
#[test]
fn folders_of_others_and_bundles_are_left_as_they_are() {
    let setting = Setting::with_inputs();
    let theirs = setting.at("theirs");
    fs::create_dir(&theirs).unwrap();
    fs::write(theirs.join("thesis.txt"), "mine").unwrap();
    let before = contents(&theirs);
    let mut evaluate = std::process::Command::new(cellprism_tests::program());
    evaluate.arg("evaluate").arg(setting.at("run")).arg("--out").arg(&theirs);
    for mut command in [setting.run(&[]).to(&theirs), setting.train().to(&theirs), evaluate] {
        let ended = command.arg("--overwrite").output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{command:?}: {said}");
        assert!(said.contains("leaves it alone"), "{command:?}: {said}");
        assert!(contents(&theirs) == before);
    }
    for task in setting.tasks() {
        let inside = setting.at("run").join("inside");
        let ended = task.to(&inside).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{}: {said}", task.name);
        assert!(said.contains("lies in the bundle"), "{}: {said}", task.name);
    }
    cellprism(&[&"verify", &setting.at("run")]).succeeded();
}

/// The second library would overwrite the first.
#[test]
fn two_libraries_of_one_name_are_told_apart_by_whoever_named_them() {
    let setting = Setting::with_inputs();
    let sets = demo_data().join("GO_Biological_Process.gmt.gz");
    let same = setting.at("GO_Biological_Process.gmt.gz");
    fs::copy(&sets, &same).unwrap();
    let both = |task: crate::setting::Task, out: &str| {
        let out = setting.at(out);
        let ended = task.to(&out).arg("--gene-sets").args([&sets, &same]).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(said.contains("both the library") && said.contains("rename"), "{said}");
        assert!(!out.exists());
    };
    both(setting.run(&[]), "bundle");
    let enrich = setting.tasks().into_iter().find(|task| task.name == "enrich").unwrap();
    both(enrich, "table.csv");
    let other = setting.at("other.gmt.gz");
    fs::rename(&same, &other).unwrap();
    let out = setting.at("two");
    let ended = setting.run(&[]).to(&out).arg("--gene-sets").arg(&other).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let files = contents(&out);
    assert!(
        ["GO_Biological_Process", "other"]
            .iter()
            .all(|name| { files.contains_key(std::path::Path::new(&format!("gene_sets/{name}.json"))) })
    );
}

/// Weights that change while a run is at work are in no bundle under the old ones' name.
#[test]
fn inputs_that_change_meanwhile_are_noticed() {
    let setting = Setting::new();
    let (out, weights) = (setting.at("out"), setting.at("model/encoder.safetensors"));
    let good = fs::read(&weights).unwrap();
    let mut child = setting.run(&[]).to(&out).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let partial = setting.at("out.partial");
    while !partial.exists() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let mut other = good.clone();
    *other.last_mut().unwrap() ^= 1;
    // in one step, so that nobody reads half of it
    fs::write(setting.at("other"), other).unwrap();
    fs::rename(setting.at("other"), &weights).unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("encoder.safetensors was changed"), "{said}");
    assert!(!out.exists() && !partial.exists());
    fs::write(&weights, good).unwrap();
    assert!(setting.run(&[]).to(&out).output().unwrap().status.success());
    cellprism(&[&"verify", &out]).succeeded();
}
