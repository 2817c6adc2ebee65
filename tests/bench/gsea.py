"""Seconds for a preranked gene set enrichment analysis: cellprism enrich and GSEApy.

Run by `cargo xtask bench gsea`, or: CELLPRISM_BINARY=target/release/cellprism gsea.py [--rounds 5] [--works NAME ...]

Of the program two times are given, from gene sets and ranking to results, and the whole process with reading and writing
files; GSEApy's is that of the call, from gene sets and ranking to results, with one thread. They run in turns. Gene sets are GO Biological Process where the shared folder is there (CELLPRISM_SHARED), otherwise
random ones of the same sizes. Scores are random numbers. Both conventions' options are GSEApy's defaults but for sizes.
"""
import argparse
import gzip
import json
import logging
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import gseapy
import numpy as np
import pandas as pd

logging.disable()
# genes, smallest set, convention, GSEApy's method
WORKS = {
    "few-sets": (8000, 28, "gseapy", "permutation"),
    "many-sets": (8000, 2, "gseapy", "permutation"),
    "short-few": (1200, 10, "gseapy", "permutation"),
    "short-many": (1200, 1, "gseapy", "permutation"),
    "multilevel-few": (13714, 15, "canonical", "multilevel"),
    "multilevel-many": (13714, 3, "canonical", "multilevel"),
}


def library():
    """Term → genes, and all genes."""
    shared = os.environ.get("CELLPRISM_SHARED")
    path = pathlib.Path(shared or ".") / "data/gmt/GO_Biological_Process_2025.gmt.gz"
    if shared and path.exists():
        lines = gzip.open(path, "rt").read().splitlines()
        sets = {fields[0]: fields[2:] for fields in (line.split("\t") for line in lines)}
        return sets, sorted({gene for genes in sets.values() for gene in genes}), "GO BP 2025"
    rng = np.random.default_rng(5)
    genes = [f"GENE{i}" for i in range(14000)]
    sizes = np.minimum(rng.lognormal(2.5, 1.1, 5343).astype(int) + 3, 1500)
    return {f"set {i}": list(rng.choice(genes, size, replace=False)) for i, size in enumerate(sizes)}, genes, "random sets"


def ranking(genes, number, sets, seed=11):
    """Scores with a part of the sets' genes shifted, so that some tails are deep; genes in sets come first."""
    rng = np.random.default_rng(seed)
    chosen = list(rng.permutation(genes)[:number])
    chosen += [f"EXTRA{i}" for i in range(number - len(chosen))]
    score = dict(zip(chosen, rng.standard_normal(number)))
    large = sorted((term for term in sets if len(sets[term]) >= 40), key=lambda term: len(sets[term]))
    for i, term in enumerate(rng.choice(large, 12, replace=False)):
        for gene in sets[term]:
            if gene in score:
                score[gene] += (1, -1)[i % 2] * rng.uniform(0.5, 1.5)
    frame = pd.DataFrame({"gene": list(score), "score": list(score.values())})
    return frame.sort_values("score", ascending=False, ignore_index=True)


def peer(frame, sets, smallest, method):
    start = time.perf_counter()
    found = gseapy.prerank(
        rnk=frame.copy(), gene_sets=dict(sets), outdir=None, min_size=smallest, max_size=500, permutation_num=1000, threads=1, no_plot=True,
        seed=123, method=method, ascending=None,
    ).res2d
    return time.perf_counter() - start, len(found)


def program(folder, smallest, convention, threads):
    command = [os.environ["CELLPRISM_BINARY"], "enrich", "--quiet", "--convention", convention, "--min-size", str(smallest), "--threads", str(threads)]
    command += ["--ranking", folder / "a.rnk", "--gene-sets", folder / "a.gmt", "--out", folder / "a.csv", "--json"]
    start = time.perf_counter()
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return report["seconds"]["computing"], time.perf_counter() - start


def browser(rounds):
    """The same module in a worker of Chromium and as a native program, on one thread; checksums of all results."""
    import browser_worker

    module, native = os.environ.get("CELLPRISM_BENCH_WASM"), os.environ.get("CELLPRISM_BENCH_NATIVE")
    if not (module and native and browser_worker.chromium()):
        print("browser: skipped, no Chromium or no module (cargo xtask bench makes it)", file=sys.stderr)
        return
    runs = {"native": [], "WebAssembly in Chromium's worker": []}
    for turn in range(rounds):
        print(f"browser: round {turn + 1} of {rounds}", file=sys.stderr)
        runs["native"].append(json.loads(subprocess.run([native], check=True, capture_output=True, text=True).stdout))
        runs["WebAssembly in Chromium's worker"].append(browser_worker.measure(module))
    sums = {run["checksum"] for both in runs.values() for run in both}
    same = "same bits" if len(sums) == 1 else "DIFFERENT results"
    for who, found in runs.items():
        times = [seconds for run in found for seconds in run["seconds"]]
        print(f"| 8,000 genes × 5,121 sets (random; {same}) | cellprism, {who} | 1 | {min(times):.3f} | {statistics.median(times):.3f} | {max(times):.3f} |  |  |  |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--works", nargs="*", default=[*WORKS, "browser"], choices=[*WORKS, "browser"])
    options = parser.parse_args()
    sets, genes, name = library()
    print("| work | what | threads | min s | median s | max s | GSEApy / it | process, median s | GSEApy / it |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    if "browser" in options.works:
        browser(options.rounds)
    for work in (work for work in options.works if work in WORKS):
        number, smallest, convention, method = WORKS[work]
        frame = ranking(genes, number, sets)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            frame.to_csv(folder / "a.rnk", sep="\t", header=False, index=False)
            (folder / "a.gmt").write_text("".join("\t".join([term, "", *genes]) + "\n" for term, genes in sets.items()))
            rows = {("cellprism", 1): [], ("cellprism", 2): [], (f"GSEApy {gseapy.__version__}", 1): []}
            theirs = list(rows)[-1]
            for turn in range(options.rounds):
                print(f"{work}: round {turn + 1} of {options.rounds}", file=sys.stderr)
                for threads in (1, 2):
                    rows["cellprism", threads].extend(program(folder, smallest, convention, threads) for _ in range(3))
                seconds, tested = peer(frame, sets, smallest, method)
                rows[theirs].append((seconds, seconds))
                if seconds > 60 and turn == 2:
                    break
        what = "multilevel p, " if method == "multilevel" else ""
        title = f"{what}{number:,} genes × {tested:,} sets ({name})"
        reference = statistics.median(seconds for seconds, _ in rows[theirs])
        for (who, threads), times in rows.items():
            call, process = ([pair[i] for pair in times] for i in (0, 1))
            middle = (statistics.median(call), statistics.median(process))
            cells = [f"{min(call):.3f}", f"{middle[0]:.3f}", f"{max(call):.3f}", f"{reference / middle[0]:.1f}", f"{middle[1]:.3f}", f"{reference / middle[1]:.1f}"]
            if who != "cellprism":
                cells[3:] = ["", "", ""]
            print(f"| {title} | {who} | {threads} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
