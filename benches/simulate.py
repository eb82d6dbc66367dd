"""The simulation of others on the network that the benchmark writes, measured in the same run.

Called by `cargo bench --bench simulate` with a folder in which `simulate.json` lies. Makes a virtual environment beside it,
installs from PyPI what it measures, and runs itself there. Prints `name milliseconds P50 P80`, the quantiles in working minutes;
leaves with 3 where that can't be had.
"""

import json
import pathlib
import subprocess
import sys
import time

PACKAGES = ["numpy", "trueppm-scheduler==0.4.0rc2"]


def fastest(work, times):
    """The least time of several runs, in milliseconds, and what the last of them gave."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    return best * 1e3, result


def vectorised(network):
    """The same model in NumPy: durations by the inverse distribution function, one array of all iterations an activity."""
    import numpy

    iterations = network["iterations"]
    points = network["points"]
    before = network["before"]

    def simulate(draw):
        random = numpy.random.default_rng(1)
        finish = [None] * len(points)
        for index, three in enumerate(points):
            start = 0
            if before[index]:
                start = finish[before[index][0]]
                for other in before[index][1:]:
                    start = numpy.maximum(start, finish[other])
            finish[index] = start + draw(random, *three) if three[2] > 0 else start
        return numpy.percentile(finish[-1], [10, 50, 80, 90])

    def built_in(random, low, likely, high):
        return random.triangular(low, likely, high, iterations)

    def inverse(random, low, likely, high):
        share = random.random(iterations, dtype=numpy.float32)
        width = high - low
        split = (likely - low) / width
        rise = low + numpy.sqrt(share * numpy.float32(width * (likely - low)))
        fall = high - numpy.sqrt((1 - share) * numpy.float32(width * (high - likely)))
        return numpy.where(share < split, rise, fall)

    runs = [fastest(lambda draw=draw: simulate(draw), 7) for draw in (built_in, inverse)]
    cost, (_, p50, p80, _) = min(runs, key=lambda run: run[0])
    print("NumPy", cost, p50, p80)


def trueppm(network):
    """TruePPM's engine, which draws from another beta distribution and in whole days: its quantiles aren't compared."""
    from datetime import date, timedelta

    import trueppm_scheduler as trueppm

    def task(index, three):
        days = [timedelta(days=round(minutes / 480)) for minutes in three]
        extra = {}
        if three[2] > 0:
            names = ["optimistic_duration", "most_likely_duration", "pessimistic_duration"]
            extra = dict(zip(names, days))
        return trueppm.Task(id=str(index), name=str(index), duration=days[0], **extra)

    project = trueppm.Project(
        id="network",
        name="network",
        start_date=date(2026, 1, 5),
        tasks=[task(index, three) for index, three in enumerate(network["points"])],
        dependencies=[
            trueppm.Dependency(predecessor_id=str(one), successor_id=str(index))
            for index, before in enumerate(network["before"])
            for one in sorted(set(before))
        ],
    )
    cost, _ = fastest(lambda: trueppm.monte_carlo(project, runs=network["iterations"], seed=1), 3)
    print("TruePPM", cost, 0, 0)


def main():
    folder = pathlib.Path(sys.argv[1])
    if "--inside" in sys.argv:
        network = json.loads((folder / "simulate.json").read_text())
        vectorised(network)
        trueppm(network)
        return 0
    python = folder / "venv" / "bin" / "python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
        subprocess.run(install, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"what is to be measured can't be installed: {error}", file=sys.stderr)
        return 3
    return subprocess.run([str(python), __file__, str(folder), "--inside"]).returncode


if __name__ == "__main__":
    sys.exit(main())
