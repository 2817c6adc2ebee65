"""The program inside the wheel."""

import subprocess
import sys

import cellprism


def run(*arguments, **options):
    return subprocess.run([sys.executable, "-m", "cellprism", *arguments], capture_output=True, text=True, **options)


def test_it_runs_and_is_of_the_modules_version():
    done = run("--version")
    assert done.returncode == 0 and done.stdout.split()[-1] == cellprism.__version__


def test_its_page_and_onnx_runtime_are_found(bundle_folder, tmp_path):
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = run("site", bundle_folder, "--out", tmp_path / "site", env=clean)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site/index.html").exists()


def test_its_exit_status_is_handed_on():
    assert run("verify", "nowhere").returncode not in (0, None)
