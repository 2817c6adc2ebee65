"""The whole job on a large file, by stage; and the same with a kill in every stage, which must give the same bytes.

    large_run.py OUT --cells BIG.h5ad --model MODEL --gene-sets SETS.gmt [--concepts 500] [--kills] [more options of `cellprism run`]

Writes OUT/whole (undisturbed), and with --kills OUT/killed: `cellprism run` is started again and again, and each time killed with
SIGKILL a while after the next stage has begun, until none is left. Prints one line a stage: seconds, processor seconds, largest
memory; then whether the bundles are equal but for times. CELLPRISM_BINARY names the program. Needs Linux's /proc.
"""
import argparse
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
STAGE = re.compile(r"^([a-z][a-z ,]*): ")


def usage(pid):
    """Processor seconds and largest memory, MB, of a process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        status = Path(f"/proc/{pid}/status").read_text()
    except (OSError, IndexError):
        return None
    peak = re.search(r"VmHWM:\s+(\d+)", status)
    return (int(fields[11]) + int(fields[12])) / TICKS, int(peak[1]) / 1000 if peak else 0.0


def run(command, kill_in=None, after=0.0):
    """Runs; gives [(stage, seconds, processor seconds, MB)], the exit status and the last words. With `kill_in`, is killed so long after it began."""
    began = time.monotonic()
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    said = process.stderr.fileno()
    os.set_blocking(said, False)
    stages, text, due, last = [], "", None, (0.0, 0.0)
    while True:
        try:
            text += os.read(said, 1 << 16).decode(errors="replace")
        except BlockingIOError:
            pass
        text = text[-4096:]
        *lines, text = text.split("\n")
        now = usage(process.pid) or last
        now = (now[0], max(now[1], last[1]))
        last = now
        for line in lines:
            found = STAGE.match(line.strip())
            if found and (not stages or stages[-1][0] != found[1]):
                stages.append([found[1], time.monotonic() - began, now[0], now[1]])
                if found[1] == kill_in and due is None:
                    due = time.monotonic() + after
        if due is not None and time.monotonic() >= due:
            process.send_signal(signal.SIGKILL)
        if process.poll() is not None:
            break
        time.sleep(0.05)
    ends = stages[1:] + [["", time.monotonic() - began, last[0], last[1]]]
    told = [(s[0], e[1] - s[1], e[2] - s[2], e[3]) for s, e in zip(stages, ends)]
    return told, process.returncode, text


def digest(path):
    """Of a file; of the manifest without when and how fast it was made."""
    if path.name != "manifest.json":
        return hashlib.file_digest(path.open("rb"), "sha256").hexdigest()
    of_times = {"created", "stages"}
    return json.dumps({key: value for key, value in json.loads(path.read_text()).items() if key not in of_times})


def digests(bundle):
    return {str(path.relative_to(bundle)): digest(path) for path in bundle.rglob("*") if path.is_file()}


def table(stages):
    print("| stage | s | processor s | peak memory, MB |\n|---|---|---|---|")
    for name, seconds, cpu, peak in stages:
        print(f"| {name} | {seconds:.0f} | {cpu:.0f} | {peak:.0f} |")
    print(f"| all | {sum(s[1] for s in stages):.0f} | {sum(s[2] for s in stages):.0f} | {max(s[3] for s in stages):.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kills", action="store_true")
    asked, options = parser.parse_known_args()
    program = os.environ["CELLPRISM_BINARY"]
    command = lambda name: [program, "run", *options, "--out", str(asked.out / name)]
    asked.out.mkdir(parents=True, exist_ok=True)
    stages, status, text = run(command("whole"))
    table(stages)
    if status != 0:
        sys.exit(f"cellprism run ended with {status}: {text}")
    if not asked.kills:
        return
    random.seed(1)
    for name in dict.fromkeys(s[0] for s in stages):
        longest = sum(s[1] for s in stages if s[0] == name)
        after = random.uniform(0.1, 0.9) * longest
        _, status, _ = run(command("killed"), name, after)
        print(f"killed {after:.1f} s into {name}" if status == -signal.SIGKILL else f"{name}: over before it was killed ({status})", flush=True)
    _, status, _ = run(command("killed"))
    whole, killed = digests(asked.out / "whole"), digests(asked.out / "killed")
    different = [path for path in whole.keys() | killed.keys() if whole.get(path) != killed.get(path)]
    print(f"{len(whole)} files, {len(different)} different {sorted(different)[:5] if different else ''}")
    sys.exit(1 if different or status != 0 else 0)


if __name__ == "__main__":
    main()
