"""GSEApy's answers for made-up rankings (pip install gseapy==1.3.1).

    gsea.py write                                   # the files in gsea/ beside this script
    gsea.py compare PROGRAM [--seed 1] [--rounds 100]  # `cellprism enrich` beside GSEApy on rankings nobody has seen

Scores and gene sets are random numbers, symbols are made up. GSEApy's own sort of equal scores is not stable (numpy's,
which differs between processors): rankings with ties are stored in order and GSEApy is told to keep it (ascending=None).
"""
import argparse
import csv
import gzip
import json
import logging
import math
import pathlib
import subprocess
import sys
import tempfile

import gseapy
import numpy as np
import pandas as pd

logging.disable()
COLUMNS = ["Term", "ES", "NES", "NOM p-val", "FDR q-val", "FWER p-val", "Tag %", "Gene %", "Lead_genes"]
KINDS = ["normal", "heavy", "positive", "negative", "sparse", "ties", "integers", "small", "large", "float32", "zeros"]
SIZES = [1, 2, 3, 5, 8, 13, 15, 16, 17, 21, 34, 40, 55, 70, 89, 120] * 2
SMALL = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20] * 2
PLAIN = dict(n=300, kind="normal", sizes=SIZES, style="upper", weight=1.0, seed=123, permutations=100, min_size=2, max_size=100, order="descending")


def cases():
    yield "plain", {}
    yield "thousand_permutations", dict(permutations=1000, n=200)
    for weight in (0.0, 2.0, 0.5, 1.5):
        yield f"weight_{weight}", dict(weight=weight, kind="heavy")
    for seed in (0, 1, 2**32 + 5, 2**63):
        yield f"seed_{seed}", dict(seed=seed)
    for kind in KINDS[1:]:
        yield kind, dict(kind=kind)
        if kind in ("sparse", "ties", "integers"):
            yield f"{kind}_weight_0", dict(kind=kind, weight=0.0)
            yield f"{kind}_weight_2", dict(kind=kind, weight=2.0)
    yield "many_zeros_small_sets", dict(kind="sparse", sizes=SMALL, min_size=1, max_size=20)
    yield "smallest_sets", dict(n=60, sizes=SMALL, min_size=1, max_size=500)
    yield "sets_larger_than_the_ranking", dict(n=40, sizes=[5, 10, 20, 38, 39, 40, 80], min_size=3, max_size=500, whole=True)
    yield "sets_with_zero_scores_only", dict(n=80, kind="sparse", sizes=[5, 8, 12, 20, 30] * 4, min_size=4)
    yield "duplicated_genes", dict(duplicates=True)
    yield "lower_case_ranking", dict(style="lower")
    yield "mouse_symbols", dict(style="mouse")
    yield "lower_case_with_doubles", dict(style="lower", case_doubles=True)
    yield "ascending", dict(order="ascending")
    yield "as_given", dict(order="given")
    yield "libraries", dict(libraries=True)
    yield "few_permutations", dict(permutations=7)
    yield "one_permutation", dict(permutations=1)
    yield "numbers_as_names", dict(style="entrez")
    yield "two_genes", dict(n=2, sizes=[1, 1, 1], min_size=1)


def random_case(rng):
    pick = lambda *values: values[rng.integers(len(values))]
    case = dict(
        n=int(pick(2, 3, 7, 20, 60, 200, 700, 1500)), kind=pick(*KINDS), style=pick("upper", "upper", "lower", "mouse", "entrez"),
        sizes=[int(x) for x in np.exp(rng.uniform(0, 6, pick(1, 5, 60)))], weight=float(pick(0, 1, 1, 1, 2, 0.5, 1.37)),
        seed=int(pick(123, 0, rng.integers(2**63))), permutations=int(pick(1, 3, 10, 100, 300, 1000)), min_size=int(pick(1, 2, 3, 15)),
        max_size=int(pick(20, 100, 500)), order=pick("descending", "descending", "ascending", "given"),
    )
    for feature in ("duplicates", "case_doubles", "libraries", "whole"):
        case[feature] = bool(rng.random() < 0.2)
    return case


def symbols(n, style):
    form = {"upper": "G{:04d}X", "lower": "g{:04d}x", "mouse": "Gen{:04d}"}.get(style)
    return [form.format(i) for i in range(n)] if form else [str(1000 + 7 * i) for i in range(n)]


def scores(rng, n, kind):
    x = rng.standard_normal(n)
    if kind == "heavy":
        x = rng.standard_t(2, n) * 3
    elif kind == "positive":
        x = np.abs(x) + 0.01
    elif kind == "negative":
        x = -np.abs(x) - 0.01
    elif kind in ("sparse", "zeros"):  # what attribution gives: most genes have no effect
        share = 0.85 if kind == "sparse" else 0.97
        x = np.where(rng.random(n) < share, 0.0, np.abs(rng.standard_t(2, n)) * np.where(rng.random(n) < 0.8, 1, -1))
    elif kind == "ties":
        x = np.round(x * 2) / 2
    elif kind == "integers":
        x = rng.integers(-3, 9, n).astype(float)
    elif kind == "small":
        x = x * 1e-9
    elif kind == "large":
        x = x * 1e12
    elif kind == "float32":
        x = x.astype(np.float32).astype(float)
    return x


def random_sets(rng, genes, sizes):
    """Sets of given sizes; a part of them leans to the top or the bottom of the gene list."""
    sets, n = {}, len(genes)
    for i, size in enumerate(sizes):
        p = [np.ones(n), np.exp(-np.arange(n) / (n / 6)), np.exp(-np.arange(n)[::-1] / (n / 6))][i % 3]
        chosen = rng.choice(n, min(size, n), replace=False, p=p / p.sum())
        sets[f"set {i:03d} of {size}"] = [genes[j] for j in chosen] + [f"ABSENT{j}" for j in range(3)]
    return sets


def build(rng, c):
    """Names and scores in file order, sets, and the order to ask GSEApy for."""
    n = c["n"]
    x = np.sort(scores(rng, n, c["kind"]))[::-1] + 0.0
    names = symbols(n, c["style"])
    in_sets = names if c["style"] == "entrez" else [name.upper() for name in names]
    sets = random_sets(rng, in_sets, c["sizes"])
    if c.get("whole"):
        sets["every gene"] = list(in_sets)
    if c.get("duplicates") and n > 80:
        for i in (3, 50, 51, n - 1):
            names[i] = names[10]
        names[77], names[78] = names[76], names[10] + "_1"
    if c.get("case_doubles") and n > 60:
        for i in (30, 50):
            names[i] = names[i + 7].upper()
    if c.get("libraries"):
        sets = {f"{'AB'[i % 2]}__{t}": g for i, (t, g) in enumerate(sets.items())}
    if c["order"] == "ascending":
        x, names = x[::-1], names[::-1]
    if c["order"] == "given" or len(set(x)) == n:
        shuffled = rng.permutation(n)
        x, names = x[shuffled], [names[i] for i in shuffled]
    ascending = {"descending": False, "ascending": True, "given": None}[c["order"]] if len(set(x)) == n else None
    return names, x, sets, ascending


class Seen:
    """The null scores behind GSEApy's last table, which it does not show."""

    inner = sys.modules["gseapy.gsea"].prerank_rs

    @classmethod
    def call(cls, *arguments):
        found = cls.inner(*arguments)
        cls.null = [np.array(summary.esnull) for summary in found.summaries]
        return found

    @classmethod
    def zero_by_zero(cls):
        """Whether a null score is normalised to 0/0: its place in GSEApy's sort, and so the FDR, is undefined."""
        return any((null >= 0).any() and null[null >= 0].sum() == 0 for null in cls.null)


sys.modules["gseapy.gsea"].prerank_rs = Seen.call


def peer(c, names, x, sets, ascending):
    """GSEApy's table, or None where it ends in an error (no set left, or NaN scores, which it cannot sort)."""
    try:
        return gseapy.prerank(
            rnk=pd.DataFrame({"gene": names, "score": x}), gene_sets=dict(sets), outdir=None, min_size=c["min_size"], max_size=c["max_size"],
            permutation_num=c["permutations"], weight=c["weight"], ascending=ascending, threads=1, no_plot=True, seed=c["seed"],
        ).res2d[COLUMNS]
    except LookupError:
        return None
    except BaseException as error:  # a panic of its Rust part is no Exception
        if "unwrap()" in str(error):
            return None
        raise


def files(names, x, sets):
    ranking = "".join(f"{g}\t{v!r}\n" for g, v in zip(names, x.tolist()))
    return ranking, "".join("\t".join([t, "", *g]) + "\n" for t, g in sets.items())


def write():
    folder = pathlib.Path(__file__).parent / "gsea"
    folder.mkdir(exist_ok=True)
    for number, (name, changes) in enumerate(cases()):
        c = PLAIN | changes
        names, x, sets, ascending = build(np.random.default_rng([0, number]), c)
        found = peer(c, names, x, sets, ascending)
        ranking, gmt = files(names, x, sets)
        kept = {k: c[k] for k in ("permutations", "seed", "min_size", "max_size", "weight", "order")}
        # numbers as text: reading them back must give the same bits
        rows = [[repr(v) if isinstance(v, float) else str(v) for v in row] for row in found.values.tolist()]
        assert not Seen.zero_by_zero(), name
        text = json.dumps(kept | {"seed": str(c["seed"]), "ranking": ranking, "gene_sets": gmt, "columns": COLUMNS, "rows": rows})
        with gzip.GzipFile(folder / f"{name}.json.gz", "wb", mtime=0) as file:
            file.write(text.encode())
        print(name, len(found))


def write_multilevel():
    """Small p of GSEApy's method="multilevel", with its error of log2 p."""
    rng = np.random.default_rng(17)
    c = PLAIN | dict(n=1000, kind="heavy", sizes=[15, 20, 30, 40, 60, 90] * 5, min_size=15, max_size=500)
    names, x, sets, _ = build(rng, c)
    order = np.argsort(-x)
    names, x = [names[i] for i in order], x[order]
    found = gseapy.prerank(
        rnk=pd.DataFrame({"gene": names, "score": x}), gene_sets=dict(sets), outdir=None, min_size=15, max_size=500, permutation_num=1000,
        threads=1, no_plot=True, seed=123, method="multilevel", ascending=None,
    ).res2d
    ranking, gmt = files(names, x, sets)
    rows = [[row["Term"], repr(row["NOM p-val"]), repr(row["log2err"])] for row in found.to_dict("records")]
    with gzip.GzipFile(pathlib.Path(__file__).parent / "gsea_multilevel.json.gz", "wb", mtime=0) as file:
        file.write(json.dumps({"ranking": ranking, "gene_sets": gmt, "columns": ["Term", "NOM p-val", "log2err"], "rows": rows}).encode())
    print("multilevel", len(rows), found["NOM p-val"].min())


def differences(ours, theirs):
    """What differs between two tables."""
    numbers = [column for column in COLUMNS[1:6] if column != "FDR q-val" or not Seen.zero_by_zero()]
    ours = {row["Term"]: row for row in ours}
    if set(ours) != set(theirs["Term"]):
        yield f"terms {sorted(set(ours) ^ set(theirs['Term']))[:3]}"
        return
    for row in theirs.to_dict("records"):
        own = ours[row["Term"]]
        for column in numbers:
            a, b = float(own[column]), float(row[column])
            near = abs(a - b) <= (1e-12 if column in ("ES", "NES") else 0.0) * abs(b)
            if not (near or a == b or math.isnan(a) and math.isnan(b)):
                yield f"{row['Term']}: {column} {a!r}, GSEApy {b!r}"
        for column in COLUMNS[6:]:
            if own[column] != str(row[column]):
                yield f"{row['Term']}: {column} {own[column]}, GSEApy {row[column]}"


def compare(program, seed, rounds):
    sets_seen, failed, unanswered = 0, 0, 0
    for number in range(rounds):
        rng = np.random.default_rng([seed, number])
        c = random_case(rng)
        names, x, sets, ascending = build(rng, c)
        theirs = peer(c, names, x, sets, ascending)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for path, text in zip(("a.rnk", "a.gmt"), files(names, x, sets)):
                (folder / path).write_text(text)
            command = [program, "enrich", "--ranking", folder / "a.rnk", "--gene-sets", folder / "a.gmt", "--out", folder / "a.csv", "--quiet"]
            for key in ("permutations", "seed", "min_size", "max_size", "weight", "order"):
                command += ["--" + key.replace("_", "-"), str(c[key])]
            done = subprocess.run(command, capture_output=True, text=True)
            if theirs is None:
                unanswered += 1
                if done.returncode not in (0, 1):
                    failed += 1
                    print(number, c, "exit", done.returncode, done.stderr)
                continue
            if done.returncode != 0:
                failed += 1
                print(number, c, done.stderr)
                continue
            lines = [line for line in (folder / "a.csv").read_text().splitlines() if not line.startswith("#")]
            found = list(differences(list(csv.DictReader(lines)), theirs))
        sets_seen += len(theirs)
        if found:
            failed += 1
            print(number, json.dumps(c), len(found), "differences:", *found[:4], sep="\n    ")
    print(f"{rounds} rankings, {sets_seen} sets; GSEApy had no answer for {unanswered}; {failed} rankings differ")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("write")
    options = actions.add_parser("compare")
    options.add_argument("program")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    if options.action == "write":
        write()
        write_multilevel()
    else:
        sys.exit(compare(options.program, options.seed, options.rounds) > 0)


if __name__ == "__main__":
    main()
