# SPDX-License-Identifier: GPL-2.0-only
"""A small profile that breaks no rule: what the checkers are tried on, by breaking it."""
START_NS = 5_000_000_000
DURATION_NS = 2_000_000_000
WAKEUPS = {0: [5, 70, 1000], 1: [900, 1010, 64_000]}


def bucket(value):
    """[low, high) with 32 buckets an octave, widths of 1 below 64."""
    width = 1 << max(0, value.bit_length() - 6)
    low = value // width * width
    return low, low + width


def _quantile(samples, permille):
    rank = max(1, -(-len(samples) * permille // 1000))
    return min(bucket(samples[rank - 1])[1], samples[-1])


def latency(kind, cpu, samples, is_wait=True):
    samples = sorted(samples)
    total = sum(samples)
    found = sorted({bucket(value) for value in samples})
    counted = [[low, high, sum(low <= value < high for value in samples)] for low, high in found]
    out = {"kind": kind, "key": None, "cpu": cpu, "exactness": "exact", "count": len(samples),
           "min_ns": samples[0], "mean_ns": total // len(samples), "max_ns": samples[-1],
           "sum_ns": total, "buckets": counted, "overflow": 0,
           "p50_ns": _quantile(samples, 500), "p90_ns": _quantile(samples, 900),
           "p99_ns": _quantile(samples, 990), "p999_ns": _quantile(samples, 999),
           "worst": {"at_ns": START_NS + 7, "ns": samples[-1], "pid": 7, "comm": "loop",
                     "cpu": 1 if cpu is None else cpu}}
    if is_wait:
        out |= {"causes": {"task": total - 3 * len(samples), "softirq": 3 * len(samples),
                           "unexplained": 0},
                "open": {"count": 1, "oldest_ns": 12}}
    return out


def _without_samples(kind):
    known = {"count": 0, "sum_ns": 0, "buckets": [], "overflow": 0, "worst": None,
             "causes": {"task": 0, "unexplained": 0}, "open": {"count": 0, "oldest_ns": None}}
    return {name: None if name.endswith("_ns") else value
            for name, value in latency(kind, None, [1]).items()} | known


def _task(pid, samples):
    stats = {"count": len(samples), "min_ns": min(samples),
             "mean_ns": sum(samples) // len(samples), "max_ns": max(samples)}
    none = {"count": 0, "min_ns": None, "mean_ns": None, "max_ns": None}
    return {"pid": pid, "tgid": pid, "comm": "loop", "cgroup": "/", "exited": False, "merged": 1,
            "switches_voluntary": 3, "switches_involuntary": 0, "switches_per_s_max": 3,
            "run_ns": 9000, "open_run_ns": None, "wait_ns": sum(samples), "wakeup": stats, "preempted": none,
            "response": none, "relief": none, "open_wait_ns": None, "violations": 0,
            "hardirq_ns": 0, "softirq_ns": 3}


def _cpu(number):
    return {"cpu": number, "idle_ns": 1_990_000_000, "task_ns": 9_000_000, "hardirq_ns": 500_000,
            "softirq_ns": 300_000, "nmi_ns": None, "switch_ns": 100_000, "offline_ns": 0,
            "steal_ns": 0, "why": "no event tells when an NMI comes"}


def _reconciled(cpu, times):
    return {"what": "context switches", "source": "rq->nr_switches", "cpu": cpu,
            "kernel": 10 * times, "whylate": 9 * times, "lost": times, "difference": times}


def profile():
    both = WAKEUPS[0] + WAKEUPS[1]
    rows = [latency("sched.wakeup", None, both)]
    rows += [latency("sched.wakeup", cpu, samples) for cpu, samples in WAKEUPS.items()]
    rows += [latency("sched.run", cpu, [400, 401], is_wait=False) for cpu in (None, 0)]
    rows[3]["worst"]["cpu"] = 0
    rows += [_without_samples("sched.preempted"), _without_samples("sched.new")]
    for key in (None, {"softirq": "NET_RX"}):
        for cpu in (None, 1):
            rows.append(latency("softirq.run", cpu, [300, 310], is_wait=False) | {"key": key})
            del rows[-1]["worst"]["pid"], rows[-1]["worst"]["comm"]
    span = {"at_ns": START_NS, "span_ns": 1_000_000_000, "psi": {"cpu_some_us": 0}, "steal_ns": 0,
            "switches": 5, "interrupts": [{"key": {"softirq": "NET_RX"}, "count": 2}],
            "latencies": [{"kind": "sched.wakeup", "count": 3, "p99_ns": 9, "max_ns": 1000}],
            "cpus": [{"cpu": 0, "task_ns": 1}]}
    return {
        "whylate": {"version": "0.1", "schema": 1, "collector": "bpf", "kernel": "6.18",
                    "hostname": "box", "cpus": 2, "clock": "CLOCK_MONOTONIC",
                    "start_ns": START_NS, "duration_ns": DURATION_NS},
        "latencies": rows,
        "tasks": [_task(7, WAKEUPS[0]), _task(8, WAKEUPS[1])],
        "occupants": [{"comm": "hog", "pid": 9, "waits": 6, "ns": 600}],
        "switch_frequency": [[0, 1, 2], [1, 2, 1]],
        "cpus": [_cpu(0), _cpu(1)],
        "series": [span, span | {"at_ns": START_NS + 1_000_000_000}],
        "spikes": [{"kind": "sched.wakeup", "seconds": 2, "worst_at_ns": [], "moved_with": [],
                    "why": "too few seconds"}],
        "interrupts": [],
        "storms": [],
        "reconciliation": [_reconciled(None, 2), _reconciled(0, 1), _reconciled(1, 1)],
        "losses": {"unseen_context": 2, "recursion_misses": 0, "torn_read": 0, "no_task_state": 0,
                   "ring_overrun": 0},
        "missed_in": "",
        "overhead": {"events": 30, "ns_per_event": 52.1, "cpu_percent": 0.6}}
