# SPDX-License-Identifier: GPL-2.0-only
"""Stalls beside what the lab made: which labels were found, how long they were said to be, which
sections nobody made, and whether the code named is the code that was delayed."""
import json
import pathlib
import subprocess
import tempfile

# A label is the delay alone; the section around it has its lock, its entry and its exit too.
AROUND_NS = 10_000
# And a handler whatever else it does, a tick 10 to 16 us here: the median of them all.
AROUND_IN_HANDLER_NS = 25_000
# From the end of the delay to the first interrupt, at worst: the host may have the CPU just then.
AFTER_NS = 1_000_000

# By what the lab delays in: who turns interrupts back on, or whose handler it is.
FUNCTIONS = {
    "irqs-off": {"do_send_sig_info"},
    "rq-lock": {"__schedule", "finish_task_switch.isra.0", "finish_task_switch", "schedule",
                "handler of local_timer", "handler of reschedule", "_raw_spin_unlock_irq"},
    "hardirq": {"perf_swevent_hrtimer"},
}


class Truth:
    """One run of `stalls` beside one of `lab inject`, label by label."""

    def __init__(self, report, labels, kind, cpu, first_ns, last_ns):
        self.report, self.kind = report, kind
        inside = [x for x in labels if first_ns <= x["begin_ns"] and x["end_ns"] <= last_ns]
        sections = [x for x in report["sections"] if x["kind"] == "irqsoff"
                    and first_ns <= x["end_ns"] <= last_ns + AFTER_NS]
        self.labels, self.sections = inside, sections
        self.pairs, taken = [], set()
        for label in inside:
            near = [i for i, x in enumerate(sections) if x["cpu"] == cpu and i not in taken and
                    label["end_ns"] - 5000 <= x["end_ns"] <= label["end_ns"] + AFTER_NS and
                    x["end_ns"] - x["least_ns"] < label["end_ns"]]
            if near:
                best = min(near, key=lambda i: abs(sections[i]["end_ns"] - label["end_ns"]))
                taken.add(best)
                self.pairs.append((label, sections[best]))
        # A handler that took long of itself did: it is measured, not inferred.
        self.nobodys = [x for i, x in enumerate(sections) if i not in taken and
                        report["stalls"][x["stall"]]["exactness"] == "observed"]

    def missed(self):
        """For a person: the labels without a section, and what was told within a millisecond."""
        found = {label["end_ns"] for label, _ in self.pairs}
        return [(label, [x for x in self.report["sections"] if
                         abs(x["end_ns"] - label["end_ns"]) < 1_000_000])
                for label in self.labels if label["end_ns"] not in found]

    @property
    def recall(self):
        return len(self.pairs) / len(self.labels)

    @property
    def precision(self):
        return len(self.pairs) / (len(self.pairs) + len(self.nobodys))

    def is_exact(self, found):
        return self.report["stalls"][found["stall"]]["exactness"] == "exact"

    def holds(self, label, found):
        """Whether the interval contains the truth: the delay and what is around it, no less, no more.
        A handler's is one length, measured at both ends: how much else it did, excess() tells."""
        if found["end_ns"] - found["most_ns"] > label["begin_ns"]:
            return False
        length = label["end_ns"] - label["begin_ns"]
        return self.is_exact(found) or found["least_ns"] <= length + AROUND_NS

    def excess(self):
        """By how much handlers are longer than their labels, in order; empty: none were found."""
        return sorted(found["least_ns"] - (label["end_ns"] - label["begin_ns"])
                      for label, found in self.pairs if self.is_exact(found))

    @property
    def contained(self):
        return sum(self.holds(*pair) for pair in self.pairs) / len(self.pairs)

    @property
    def named(self):
        """Share of them with the right function among the first three."""
        good = sum(bool(FUNCTIONS[self.kind] & set(self.report["stalls"][x["stall"]]["stack"][:3]))
                   for _, x in self.pairs)
        return good / len(self.pairs)

    @property
    def widths(self):
        return sorted(x["most_ns"] - x["least_ns"] for _, x in self.pairs)


def run(program, kind, length_us, hz, cpu, seconds, over_us=50, every_us=7313):
    """Injects on `cpu` while `stalls` looks; the labels of the time in which both did."""
    with tempfile.TemporaryDirectory() as place:
        out, labels = pathlib.Path(place) / "stalls", pathlib.Path(place) / "labels"
        subprocess.run([program, "stalls", "--over", f"{over_us}us", *(["--probe", str(hz)] if hz else []),
                        "--json", out, "--", program, "lab", "inject", kind, "--length", f"{length_us}us",
                        "--every", f"{every_us}us", "--cpu", str(cpu), "-d", f"{seconds}s", "--json", labels],
                       check=True, capture_output=True, timeout=seconds + 60)
        made = [json.loads(line) for line in labels.read_text().splitlines()]
        report = json.loads(out.read_text())
    # A thread that hides events may have run where nothing was seen.
    first, last = made[0]["begin_ns"], made[-1]["end_ns"]
    return Truth(report, made, kind, cpu, first, last)
