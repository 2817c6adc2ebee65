#!/usr/bin/env python3
"""Does the tasks of a plan of `cellprism shard plan` with HyperQueue, as one job whose tasks wait for each other.

    python workflow/hyperqueue_plan.py bundle.shards                    a server and two workers in this process, to try it
    python workflow/hyperqueue_plan.py bundle.shards --server DIR       a server that runs (`hq server start`), with its workers

Each task asks for the cores of the plan, and for `gpus/nvidia` where the plan says so. Needs `pip install hyperqueue`.
"""

import argparse
import json
import os
import pathlib
import sys

from hyperqueue import Client, Job, LocalCluster
from hyperqueue.cluster import WorkerConfig
from hyperqueue.ffi.protocol import ResourceRequest


def job_of(plan: pathlib.Path, program: str, most_cores: int | None) -> Job:
    """The plan as a graph of tasks. A worker that has fewer cores than a task asks for would never take it."""
    tasks = json.loads(plan.read_text())["tasks"]
    logs = plan.parent / "hyperqueue"
    logs.mkdir(exist_ok=True)
    job, made = Job(), {}
    for task in tasks:
        cores = min(task["cores"], most_cores or task["cores"])
        cards = {"gpus/nvidia": task["gpus"]} if task["gpus"] else None
        made[task["id"]] = job.program(
            [program, "shard", "run", str(plan), "--task", task["id"], "--quiet"],
            env={"RAYON_NUM_THREADS": str(cores)},
            stdout=logs / f"{task['id']}.stdout",
            stderr=logs / f"{task['id']}.stderr",
            name=task["id"],
            deps=[made[need] for need in task["needs"]],
            resources=ResourceRequest(cpus=cores, resources=cards),
        )
    return job


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=pathlib.Path, help="the plan, or its folder")
    parser.add_argument("--server", type=pathlib.Path, help="folder of a server that runs")
    parser.add_argument("--cellprism", default="cellprism", help="the program")
    parser.add_argument("--workers", type=int, default=2, help="workers, where there is no server yet")
    parser.add_argument("--cores", type=int, default=1, help="cores of each of them")
    asked = parser.parse_args()
    plan = asked.plan.resolve()
    plan = plan / "plan.json" if plan.is_dir() else plan
    if asked.server:
        client = Client(asked.server)
        client.wait_for_jobs([client.submit(job_of(plan, asked.cellprism, None))])
        return 0
    with LocalCluster() as cluster:
        for _ in range(asked.workers):
            cluster.start_worker(WorkerConfig(cores=asked.cores))
        client = cluster.client()
        client.wait_for_jobs([client.submit(job_of(plan, asked.cellprism, asked.cores))])
    return 0


if __name__ == "__main__":
    os.environ.setdefault("RUST_LOG", "error")
    sys.exit(main())
