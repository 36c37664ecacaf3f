# SPDX-License-Identifier: GPL-2.0-only
"""The schema can fail: shapes that parsers of the JSON must never meet are refused."""
import copy

import pytest
import sample
import validator

pytestmark = pytest.mark.no_program
DOCTOR = {
    "whylate": {"version": "0.1", "schema": 1, "collector": None, "kernel": "6.18",
                "hostname": "box", "cpus": 2, "clock": "CLOCK_MONOTONIC", "start_ns": None,
                "duration_ns": None},
    "kinds": [{"kind": f"sched.{end}", "available": False, "exactness": None, "how": "tp_btf",
               "why": "no BTF"} for end in "abcdef"],
    "causes": [{"cause": "task", "available": True, "how": "tp_btf", "why": None}],
    "checks": [{"what": "BTF", "ok": False, "detail": "/sys/kernel/btf/vmlinux is missing"}]}

PROFILE_WRONG = (
    ("whylate/schema", 2), ("whylate/schema", "1"), ("whylate/collector", "ebpf"),
    ("whylate/clock", "CLOCK_REALTIME"), ("whylate/duration_ns", -1), ("whylate/cpus", 0),
    ("whylate/start_ns", 1.5), ("whylate/start_ns", None), ("whylate/version", ""),
    ("latencies/0/kind", "sched.wake"), ("latencies/0/kind", None), ("latencies/0/count", "6"),
    ("latencies/0/count", None), ("latencies/0/count", -1), ("latencies/0/max_ns", 1 << 64),
    ("latencies/0/sum_ns", None), ("latencies/0/exactness", "guessed"), ("latencies/0/key", {}),
    ("latencies/0/key", "all"), ("latencies/0/buckets/0", [1, 2]), ("latencies/0/worst", {}),
    ("latencies/0/buckets/0", [1, 2, 0]), ("latencies/0/buckets/0", [1, 2, 3, 4]),
    ("latencies/0/causes", {"task": 1}), ("latencies/0/causes", None),
    ("latencies/0/causes/nmi", 1), ("latencies/0/causes/task", -1), ("latencies/0/open", None),
    ("latencies/0/open", {"count": 1}), ("tasks/0/exited", 0), ("tasks/0/merged", 0),
    ("tasks/0/comm", None), ("tasks/0/wakeup", {"count": 1}), ("tasks/0/run_ns", -1),
    ("cpus/0/cpu", None), ("cpus/0/idle_ns", "1"), ("cpus/0/extra_ns", "1"), ("cpus", []),
    ("reconciliation", []), ("reconciliation/0/source", ""), ("reconciliation/0/difference", "2"),
    ("losses/torn_read", -1), ("losses/extra", "1"), ("overhead/cpu_percent", -0.1),
    ("occupants/0/waits", None), ("series/0/span_ns", 0), ("series/0/latencies/0/kind", "x"),
    ("interrupts", None), ("switch_frequency/0", [0, 1]))
DOCTOR_WRONG = (("kinds/0/why", None), ("kinds/0/available", 1), ("kinds/0/exactness", "yes"),
                ("causes/0/cause", "gremlins"), ("checks/0/ok", "no"), ("checks", []),
                ("kinds", []), ("whylate/collector", "ebpf"))


def put(document, path, value):
    document = copy.deepcopy(document)
    *way, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    place = document
    for step in way:
        place = place[step]
    place[last] = value
    return document


def leaves_out(document, path=()):
    """Every way to drop one member of an object, as (path, key)."""
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in items:
        if isinstance(document, dict):
            yield path, key
        if isinstance(value, (dict, list)):
            yield from leaves_out(value, (*path, key))


@pytest.mark.parametrize("path,value", PROFILE_WRONG)
def test_a_wrong_value_in_a_profile_is_refused(path, value):
    assert validator.complaints(put(sample.profile(), path, value), "profile")


@pytest.mark.parametrize("path,value", DOCTOR_WRONG)
def test_a_wrong_value_from_doctor_is_refused(path, value):
    assert validator.complaints(DOCTOR, "doctor") == []
    assert validator.complaints(put(DOCTOR, path, value), "doctor")


@pytest.mark.parametrize("name,document", (("profile", sample.profile()), ("doctor", DOCTOR)))
def test_no_documented_field_can_be_left_out(name, document):
    optional = {"task", "softirq", "why", "cpu_some_us"}
    for path, key in leaves_out(document):
        short = copy.deepcopy(document)
        place = short
        for step in path:
            place = place[step]
        if key == "open" and place["cpu"] is not None:
            continue    # an open wait has no CPU where it ended
        del place[key]
        assert key in optional or validator.complaints(short, name), f"{path} without {key} passed"


def test_new_fields_may_be_added():
    document = sample.profile()
    for place in (document, document["whylate"], document["latencies"][0], document["tasks"][0]):
        place["added_later"] = {"anything": [1]}
    assert validator.complaints(document, "profile") == []


@pytest.mark.parametrize("data", (b"", b"{", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": 1} x',
                                  b'{"a": 1, "a": 2}', b'{"a": "\xff"}', b'{"a": "\n"}',
                                  b"{'a': 1}", b'{"a": 01}', b'{"a": 1,}'))
def test_what_is_no_strict_json_is_refused(data):
    with pytest.raises(ValueError):
        validator.parse(data)
