"""The simulation of others on the network that the benchmark writes, measured in the same run.

Called by `cargo bench --bench simulate` with a folder in which `simulate.json` lies. Prints a JSON object a measurement: who,
what, milliseconds and what was found, quantiles in working minutes.
"""

import json
import sys
import time

import environment


def told(who, what, cost, **found):
    print(json.dumps({"who": who, "what": what, "milliseconds": cost, **found}), flush=True)


def fastest(work, times):
    """The least time of several runs, in milliseconds, and what the last of them gave."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    return best * 1e3, result


class Vectorised:
    """The same model in NumPy: one array of all iterations an activity."""

    def __init__(self, network):
        self.iterations = network["iterations"]
        self.points = network["points"]
        self.before = network["before"]

    def forward(self, draw):
        """For each activity its start, its finish, and what its duration was ranked by."""
        import numpy

        random = numpy.random.default_rng(1)
        starts, finishes, grades = [], [], []
        for three, before in zip(self.points, self.before):
            start = 0
            if before:
                start = finishes[before[0]]
                for other in before[1:]:
                    start = numpy.maximum(start, finishes[other])
            duration, grade = draw(random, *three) if three[2] > 0 else (0, None)
            starts.append(start)
            finishes.append(start + duration)
            grades.append(grade)
        return starts, finishes, grades

    def quantiles(self, draw):
        import numpy

        return numpy.percentile(self.forward(draw)[1][-1], [10, 50, 80, 90])

    def everything(self, draw):
        """Quantiles, the criticality index, the rank correlation with the finish, and the bars of the twelve strongest."""
        import numpy

        starts, finishes, grades = self.forward(draw)
        end = finishes[-1]
        decides = [None] * len(finishes)
        decides[-1] = numpy.ones(self.iterations, dtype=bool)
        criticality = [0.0] * len(finishes)
        for index in reversed(range(len(finishes))):
            if decides[index] is None:
                continue
            criticality[index] = numpy.count_nonzero(decides[index]) / self.iterations
            for other in self.before[index]:
                held = decides[index] & (finishes[other] == starts[index])
                decides[other] = held if decides[other] is None else decides[other] | held
        ranks = numpy.empty(self.iterations, dtype=numpy.float32)
        ranks[numpy.argsort(end)] = numpy.arange(self.iterations) - (self.iterations - 1) / 2
        spread = numpy.sqrt(ranks @ ranks)
        sensitivity = [0.0] * len(finishes)
        for index, grade in enumerate(grades):
            if grade is not None:
                grade = grade - grade.mean()
                sensitivity[index] = float(grade @ ranks / (numpy.sqrt(grade @ grade) * spread))
        strongest = sorted(range(len(grades)), key=lambda index: -abs(sensitivity[index]))[:12]
        bars = []
        for index in strongest:
            low, high = numpy.quantile(grades[index], [1 / 3, 2 / 3])
            sides = end[grades[index] < low], end[grades[index] > high]
            bars.append([numpy.percentile(side, [10, 50, 90]) for side in sides])
        return numpy.percentile(end, [10, 50, 80, 90]), criticality, sensitivity, bars

    def built_in(self, random, low, likely, high):
        """By NumPy's own generator; what the duration is ranked by is the duration."""
        duration = random.triangular(low, likely, high, self.iterations)
        return duration, duration

    def inverse(self, random, low, likely, high):
        """By the inverse distribution function; the share that it is drawn by is as good as its rank."""
        import numpy

        share = random.random(self.iterations, dtype=numpy.float32)
        width = high - low
        split = (likely - low) / width
        rise = low + numpy.sqrt(share * numpy.float32(width * (likely - low)))
        fall = high - numpy.sqrt((1 - share) * numpy.float32(width * (high - likely)))
        return numpy.where(share < split, rise, fall), share

    def beta(self, random, low, likely, high):
        """PERT, by NumPy's own generator."""
        mode = (likely - low) / (high - low)
        duration = low + (high - low) * random.beta(1 + 4 * mode, 5 - 4 * mode, self.iterations)
        return duration, duration

    def ranked(self, random, low, likely, high):
        """As the built-in one, with the true ranks of the durations: what is asked for by its definition."""
        import numpy

        duration, _ = self.built_in(random, low, likely, high)
        ranks = numpy.empty(self.iterations, dtype=numpy.float32)
        ranks[numpy.argsort(duration)] = numpy.arange(self.iterations, dtype=numpy.float32)
        return duration, ranks

    def measure(self):
        draws = (self.built_in, self.inverse)
        runs = [fastest(lambda draw=draw: self.quantiles(draw), 7) for draw in draws]
        cost, (_, p50, p80, _) = min(runs, key=lambda run: run[0])
        told("NumPy", "quantiles", cost, p50=p50, p80=p80)
        runs = [fastest(lambda draw=draw: self.everything(draw), 5) for draw in (self.ranked, self.inverse)]
        cost, ((_, p50, p80, _), criticality, sensitivity, _) = min(runs, key=lambda run: run[0])
        found = {"criticality": criticality, "sensitivity": sensitivity}
        told("NumPy", "everything", cost, p50=p50, p80=p80, **found)
        cost, (_, p50, p80, _) = fastest(lambda: self.quantiles(self.beta), 3)
        told("NumPy", "PERT", cost, p50=p50, p80=p80)


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
    told("TruePPM", "quantiles", cost)


def measured(folder):
    network = json.loads((folder / "simulate.json").read_text())
    Vectorised(network).measure()
    trueppm(network)


if __name__ == "__main__":
    sys.exit(environment.run(__file__, measured))
