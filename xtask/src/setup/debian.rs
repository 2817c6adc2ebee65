//! The way around rustup: Debian's compiler, unpacked into the cache (not installed), with the standard library for
//! the browser built from its source, linked into rustup under a name of its own.
//!
//! Needed only where rustup can download nothing but the distribution's mirror can be reached.

use std::{
    env,
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::{
    cache::{self, Cache},
    oldest::check_version,
    target::{LINKED, TARGET},
};
use crate::step::{logged, output, program, step};

/// Raised when the steps here change, so that older results are made anew.
const VERSION: &str = "2";

/// Whether the toolchain was finished in this cache.
pub(super) fn is_finished(cache: &Path) -> bool {
    fs::read_to_string(cache.join("stamp/debian-std")).is_ok_and(|text| text.trim() == VERSION)
}

/// Makes the toolchain; does only what is missing.
///
/// # Errors
/// If this isn't Debian or one made from it, a package cannot be had, or the standard library doesn't build.
pub(super) fn install(cache: &Cache) -> Result<()> {
    for name in ["apt-get", "apt-cache", "dpkg-deb", "dpkg", "tar"] {
        if program(name).is_none() {
            bail!(
                "no WebAssembly target: `rustup target add {TARGET}` fails (see {}), and without {name} the \
                 distribution's compiler cannot be fetched",
                cache.log("rustup").display()
            );
        }
    }
    let place = Place::new(cache)?;
    if !cache.has("debian-compiler", VERSION) {
        step("the distribution's Rust compiler, unpacked into the cache (about 140 MB)", || {
            unpack_compiler(cache, &place)
        })?;
        cache.stamp("debian-compiler", VERSION)?;
    }
    assemble(&place)?;
    if !cache.has("debian-std", VERSION) {
        step("standard library for the browser (about a minute)", || build_std(cache, &place))?;
        cache.stamp("debian-std", VERSION)?;
    }
    link(cache, &place)
}

/// The folders involved.
struct Place {
    /// The unpacked packages.
    packages: PathBuf,
    /// The toolchain that rustup sees: links and wrappers into the packages.
    toolchain: PathBuf,
    /// The ordinary toolchain, whose cargo, formatter and linker are used.
    ordinary: PathBuf,
    /// This machine, as a target.
    host: String,
}

impl Place {
    fn new(cache: &Cache) -> Result<Self> {
        let ordinary =
            output(Command::new("rustc").args(["--print", "sysroot"])).context("rustc doesn't run")?;
        let about = output(Command::new("rustc").arg("-vV")).context("rustc doesn't run")?;
        let host =
            about.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
        Ok(Self {
            packages: cache.path("debian"),
            toolchain: cache.path("toolchain"),
            ordinary: ordinary.into(),
            host: host.to_owned(),
        })
    }

    fn rustc(&self) -> PathBuf {
        self.toolchain.join("bin/rustc")
    }
}

fn unpack_compiler(cache: &Cache, place: &Place) -> Result<()> {
    let attempt = || -> Result<()> {
        check_version(&packaged_version()?)?;
        cache::remove(&place.packages)?;
        fetch(cache, place, &package_names()?)
    };
    // the lists may be missing, or name packages that are older than what the mirror has
    attempt().or_else(|_| {
        logged(Command::new("apt-get").args(["-q", "update"]), &cache.log("apt-update"))?;
        attempt()
    })
}

/// The version of the compiler that the distribution would give, by the lists as they are.
fn packaged_version() -> Result<String> {
    output(Command::new("apt-cache").args(["show", "--no-all-versions", "rustc-web"]))
        .and_then(|text| text.lines().find_map(|line| line.strip_prefix("Version: ")).map(str::to_owned))
        .context("the distribution has no package rustc-web")
}

/// The packages, some of whose names carry versions that are read from what the others depend on.
fn package_names() -> Result<Vec<String>> {
    let std = dependency("libstd-rust-web-dev", "libstd-rust-web-")?;
    let llvm = dependency(&std, "libllvm")?;
    let missing =
        depends(&llvm).into_iter().filter(|name| output(Command::new("dpkg").args(["-s", name])).is_none());
    let fixed = ["rustc-web", "libstd-rust-web-dev", "rust-web-src", "rust-web-clippy"].map(str::to_owned);
    Ok(fixed.into_iter().chain(missing).chain([std, llvm]).collect())
}

fn dependency(package: &str, prefix: &str) -> Result<String> {
    let versioned = |name: &String| {
        name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    };
    depends(package).into_iter().find(versioned).with_context(|| {
        format!("the distribution has no package {package} that depends on {prefix}<version>")
    })
}

fn depends(package: &str) -> Vec<String> {
    let text =
        output(Command::new("apt-cache").args(["show", "--no-all-versions", package])).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.strip_prefix("Depends: "));
    lines.flat_map(|line| line.split(',')).filter_map(first_name).collect()
}

/// `libc6 (>= 2.36) | other` → `libc6`.
fn first_name(dependency: &str) -> Option<String> {
    let name = dependency.trim().split([' ', '(', '|', ':']).next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn fetch(cache: &Cache, place: &Place, packages: &[String]) -> Result<()> {
    let downloads = cache.path("debs");
    cache::remove(&downloads)?;
    fs::create_dir_all(&downloads)?;
    fs::create_dir_all(&place.packages)?;
    let mut download = Command::new("apt-get");
    download.args(["-q", "download"]).args(packages).current_dir(&downloads);
    logged(&mut download, &cache.log("apt-download"))?;
    for entry in fs::read_dir(&downloads)? {
        unpack(cache, &entry?.path(), &place.packages)?;
    }
    cache::remove(&downloads)
}

fn unpack(cache: &Cache, package: &Path, into: &Path) -> Result<()> {
    let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut command = Command::new("sh");
    // of the source only the library is needed: a tenth of it
    let script = if name.starts_with("rust-web-src_") {
        "dpkg-deb --fsys-tarfile \"$1\" | tar -x -C \"$2\" --wildcards './usr/lib/*' './usr/src/rustc-*/library/*'"
    } else {
        "dpkg-deb -x \"$1\" \"$2\""
    };
    command.args(["-c", script, "sh"]).arg(package).arg(into);
    logged(&mut command, &cache.log("unpack"))
}

/// Wrappers for the unpacked programs, links to the ordinary ones that depend on no compiler version.
fn assemble(place: &Place) -> Result<()> {
    let bin = place.toolchain.join("bin");
    fs::create_dir_all(&bin)?;
    let unpacked = place.packages.join("usr");
    link_to(&unpacked.join("lib"), &place.toolchain.join("lib"))?;
    let libraries = folder_with(&unpacked.join("lib"), "librustc_driver-")
        .context("the packages hold no librustc_driver")?;
    for name in ["rustc", "rustdoc", "clippy-driver", "cargo-clippy"] {
        let real = unpacked.join("bin").join(name);
        if real.exists() {
            write_wrapper(&bin.join(name), &real, &libraries)?;
        }
    }
    for name in ["cargo", "cargo-fmt", "rustfmt"] {
        let real = place.ordinary.join("bin").join(name);
        if real.exists() {
            link_to(&real, &bin.join(name))?;
        }
    }
    // a link, since the linker looks for its own libraries beside its real place
    let linker = PathBuf::from("lib/rustlib").join(&place.host).join("bin/rust-lld");
    let real = place.ordinary.join(&linker);
    if !real.exists() {
        bail!("the Rust toolchain has no {}", real.display());
    }
    fs::create_dir_all(unpacked.join(&linker).parent().unwrap_or(&unpacked))?;
    link_to(&real, &unpacked.join(&linker))
}

fn write_wrapper(path: &Path, real: &Path, libraries: &Path) -> Result<()> {
    let text = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH='{}'${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\nexport LD_LIBRARY_PATH\nexec '{}' \"$@\"\n",
        libraries.display(),
        real.display()
    );
    let new = path.with_extension("new");
    fs::write(&new, text)?;
    fs::set_permissions(&new, Permissions::from_mode(0o755))?;
    fs::rename(&new, path)?;
    Ok(())
}

/// The subfolder that holds a file whose name begins so.
fn folder_with(parent: &Path, prefix: &str) -> Option<PathBuf> {
    fs::read_dir(parent).ok()?.flatten().map(|entry| entry.path()).find(|folder| {
        fs::read_dir(folder).is_ok_and(|entries| {
            entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        })
    })
}

fn build_std(cache: &Cache, place: &Place) -> Result<()> {
    let folder = cache.path("std");
    cache::remove(&folder)?;
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "")?;
    fs::write(
        folder.join("Cargo.toml"),
        "[package]\nname = \"only_std\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n",
    )?;
    let target = folder.join("target");
    let mut build = Command::new(place.ordinary.join("bin/cargo"));
    for name in [
        "RUSTFLAGS",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_BUILD_BUILD_DIR",
    ] {
        build.env_remove(name);
    }
    build
        .args(["build", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort,test"])
        .current_dir(&folder)
        .env("RUSTC", place.rustc())
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_ENCODED_RUSTFLAGS", std_flags(place)?.join("\u{1f}"));
    logged(&mut build, &cache.log("std"))?;
    let libraries = place.packages.join("usr/lib/rustlib").join(TARGET).join("lib");
    cache::remove(&libraries)?;
    fs::create_dir_all(&libraries)?;
    for file in built_libraries(&target)? {
        let to = libraries.join(file.file_name().unwrap_or_default());
        fs::copy(&file, &to)
            .with_context(|| format!("cannot copy {} to {}", file.display(), to.display()))?;
    }
    cache::remove(&folder)
}

/// Bitcode, or `lto = true` fails in what is built with it; no path of this machine in panic messages.
fn std_flags(place: &Place) -> Result<Vec<String>> {
    let about =
        output(Command::new(place.rustc()).arg("-vV")).context("the unpacked compiler doesn't run")?;
    let hash = about.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or("source");
    let source = place.packages.join("usr/lib/rustlib/src/rust");
    let real = source.canonicalize().with_context(|| format!("no source at {}", source.display()))?;
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let mut flags = vec!["-Cembed-bitcode=yes".to_owned()];
    flags.extend(
        [source, real].iter().map(|path| format!("--remap-path-prefix={}=/rustc/{hash}", path.display())),
    );
    flags.extend(
        home.map(|home| format!("--remap-path-prefix={}=/crates", home.join("registry/src").display())),
    );
    Ok(flags)
}

fn built_libraries(target: &Path) -> Result<Vec<PathBuf>> {
    let folder = target.join(TARGET).join("release/deps");
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let is_library = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("lib") && name.ends_with(".rlib") && !name.starts_with("libonly_std-")
    };
    Ok(entries.flatten().map(|entry| entry.path()).filter(is_library).collect())
}

/// Makes rustup know the toolchain, unless it does.
fn link(cache: &Cache, place: &Place) -> Result<()> {
    let listed = output(Command::new("rustup").args(["toolchain", "list", "-v"])).unwrap_or_default();
    let at = listed.lines().find_map(|line| line.strip_prefix(LINKED)).map(|rest| PathBuf::from(rest.trim()));
    if at.as_deref() == Some(&*place.toolchain) {
        return Ok(());
    }
    if at.is_some() {
        logged(Command::new("rustup").args(["toolchain", "uninstall", LINKED]), &cache.log("link"))?;
    }
    logged(
        Command::new("rustup").args(["toolchain", "link", LINKED]).arg(&place.toolchain),
        &cache.log("link"),
    )
}

/// A symbolic link, in place of whatever link was there.
fn link_to(real: &Path, link: &Path) -> Result<()> {
    if link.is_symlink() {
        fs::remove_file(link)?;
    }
    symlink(real, link).with_context(|| format!("cannot link {}", link.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_dependencies() {
        assert_eq!(first_name(" libc6 (>= 2.36)").as_deref(), Some("libc6"));
        assert_eq!(first_name("libgcc-s1 | other").as_deref(), Some("libgcc-s1"));
        assert_eq!(first_name("python3:any").as_deref(), Some("python3"));
        assert_eq!(first_name(" "), None);
    }
}
