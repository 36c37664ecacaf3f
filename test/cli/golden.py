# SPDX-License-Identifier: GPL-2.0-only
"""What a recording's report must go on saying, whichever version reads it.

`golden.py FILE.why > FILE.json` writes the expectation anew, after looking at what has changed."""
import json
import subprocess
import sys

from program import PATH


def essence(document):
    """The figures, without buckets, single CPUs and what differs from run to run."""
    rows = [{name: value for name, value in row.items() if name != "buckets"}
            for row in document["latencies"] if row["cpu"] is None]
    recording = {name: value for name, value in document["recording"].items()
                 if name != "analysis_ns"}
    counts = [row for row in document["reconciliation"] if row["cpu"] is None]
    return {"latencies": rows, "recording": recording, "reconciliation": counts,
            **{name: document[name] for name in ("tasks", "cpus", "losses", "switch_frequency",
                                                 "series", "storms")}}


def report(path):
    done = subprocess.run([PATH, "report", path, "--json", "-"], capture_output=True, text=True,
                          check=True)
    return essence(json.loads(done.stdout))


if __name__ == "__main__":
    print(json.dumps(report(sys.argv[1]), indent=1))
