"""Starts the program that the wheel carries, with the ONNX Runtime of the package ``onnxruntime``."""

import importlib.metadata
import importlib.util
import os
import sys
from pathlib import Path


def program():
    """Path of the program."""
    return Path(__file__).with_name("bin") / "cellprism"


def onnxruntime():
    """Folder of ONNX Runtime's library, without importing the package; ``None`` where it is not installed."""
    found = importlib.util.find_spec("onnxruntime")
    folder = Path(found.origin).parent / "capi" if found and found.origin else None
    return folder if folder and folder.is_dir() else None


def cuda_libraries():
    """Folders of the libraries that the packages ``nvidia-…`` install: ONNX Runtime for CUDA devices loads them by name."""
    found = importlib.util.find_spec("nvidia")
    places = found.submodule_search_locations if found else None
    return sorted(folder for place in places or [] for folder in Path(place).glob("*/lib") if folder.is_dir())


def both_runtimes():
    """Whether the packages for CPUs and for CUDA devices are both installed: they write to the same folder."""
    names = ("onnxruntime", "onnxruntime-gpu")
    return all(any(True for _ in importlib.metadata.distributions(name=name)) for name in names)


def environment(arguments):
    """The program's environment."""
    variables = dict(os.environ)
    folder = onnxruntime()
    if folder and not variables.get("ORT_DYLIB_PATH"):
        variables["ORT_DYLIB_PATH"] = str(folder)
    if not any("cuda" in argument for argument in arguments):
        return variables
    libraries = cuda_libraries()
    if libraries:
        found = [*map(str, libraries), *filter(None, [variables.get("LD_LIBRARY_PATH")])]
        variables["LD_LIBRARY_PATH"] = os.pathsep.join(found)
    if both_runtimes():
        print(
            "cellprism: onnxruntime and onnxruntime-gpu are both installed, and each overwrites the other's library; for CUDA:\n"
            "  pip uninstall -y onnxruntime onnxruntime-gpu && pip install --no-deps onnxruntime-gpu",
            file=sys.stderr,
        )
    return variables


def main():
    """Becomes the program."""
    path = program()
    if not path.is_file():
        sys.exit(f"cellprism: {path} is missing; reinstall the package: pip install --force-reinstall cellprism")
    if not os.access(path, os.X_OK):
        os.chmod(path, 0o755)
    arguments = sys.argv[1:]
    sys.stdout.flush()
    os.execve(path, ["cellprism", *arguments], environment(arguments))
