"""Others on the network that the schedule benchmark writes, measured in the same run.

Called by `cargo bench --bench schedule` with a folder in which `network.json` lies. Prints one line a measurement.
A further measurement is a function that takes the folder, in MEASUREMENTS.
"""

import json
import sys
import time

import environment


def line(what, value):
    print(f"{what:<44} {value:>12}", flush=True)


def fastest(work, times):
    """The least processor time of several runs, in milliseconds."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best * 1e3


def full_pass(folder):
    """TruePPM's schedule of the whole network."""
    from datetime import date, timedelta
    from importlib.metadata import version

    import trueppm_scheduler as trueppm

    network = json.loads((folder / "network.json").read_text())
    project = trueppm.Project(
        id="network",
        name="network",
        start_date=date.fromisoformat(network["start"]),
        tasks=[
            trueppm.Task(id=task["id"], name=task["id"], duration=timedelta(days=task["days"]))
            for task in network["tasks"]
        ],
        dependencies=[
            trueppm.Dependency(predecessor_id=before, successor_id=after)
            for before, after in {(before, after) for before, after in network["links"]}
        ],
    )
    result = trueppm.schedule(project)
    cost = fastest(lambda: trueppm.schedule(project), 3)
    line(f"TruePPM {version('trueppm-scheduler')}, schedule", f"{cost:.1f} ms")
    line("TruePPM, finish", result.project_finish.isoformat())


MEASUREMENTS = [full_pass]


def measured(folder):
    for measure in MEASUREMENTS:
        measure(folder)


if __name__ == "__main__":
    sys.exit(environment.run(__file__, measured))
