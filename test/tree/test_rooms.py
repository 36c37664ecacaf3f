# SPDX-License-Identifier: GPL-2.0-only
"""The tree keeps to ARCHITECTURE.md: who may include whom, and what the core may need."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Room: the rooms whose headers it may include, and whether it may include the world's (<...>).
TABLE = {
    "core": ({"core"}, False),
    "abi": ({"abi", "core"}, False),
    "compat": ({"compat", "abi", "core"}, True),
    "hooks": ({"hooks", "abi", "core"}, False),
    "kmod": ({"kmod", "hooks", "compat", "abi", "core"}, True),
    "bpf": ({"bpf", "hooks", "compat", "abi", "core"}, True),
    "lib": ({"lib", "abi", "core", "skel"}, True),
    "explain": ({"explain", "lib", "abi", "core"}, True),
    "report": ({"report", "explain", "lib", "abi", "core"}, True),
    "lab": ({"lab", "lib", "abi", "core", "skel"}, True),
    "cli": ({"cli", "lab", "report", "explain", "lib", "abi", "core"}, True),
}
# Of lib/, these two may see values only.
VALUES = {"lib/snapshot.h", "lib/names.h", "lib/capability.h", "lib/violation.h",
          "lib/stalls.h"}
SEE_VALUES = {"explain", "report"}
# Who may know libbpf, and its reading of types.
KNOWS_LIBBPF = {"collector_bpf.c", "bpf_run.c", "kernel_types.c", "stall_bpf.c", "inject.c",
                 "inject.bpf.c"}


def files_of(room):
    return sorted(p for p in (ROOT / room).rglob("*.[ch]"))


def includes_of(path):
    return re.findall(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', path.read_text(), re.M)


def complaints(room, path):
    allowed, may_use_world = TABLE[room]
    for quote, header in includes_of(path):
        if quote == "<":
            if not may_use_world:
                yield f"{path.relative_to(ROOT)} includes <{header}>"
            elif "bpf/" in header and path.name not in KNOWS_LIBBPF and room not in ("bpf", "compat"):
                yield f"{path.relative_to(ROOT)} knows libbpf"
        elif header.split("/")[0] not in allowed:
            yield f"{path.relative_to(ROOT)} includes {header}"
        elif room in SEE_VALUES and header.startswith("lib/") and header not in VALUES:
            yield f"{path.relative_to(ROOT)} includes {header}, which is no value header"


@pytest.mark.parametrize("room", sorted(TABLE))
def test_room_includes_only_what_it_may(room):
    assert files_of(room)
    found = [c for p in files_of(room) for c in complaints(room, p)]
    assert not found, "\n".join(found)


def test_every_room_is_in_the_table():
    known = set(TABLE) | {"test", "bench", "docs", "mk", "build", "packaging"}
    rooms = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith(".")}
    assert rooms <= known


def test_core_needs_nothing_from_outside():
    objects = sorted((ROOT / "build/core").glob("*.o"))
    assert len(objects) == len(list((ROOT / "core").glob("*.c")))
    listed = subprocess.run(["nm", "-g", *objects], capture_output=True, text=True, check=True).stdout
    defined = set(re.findall(r" [TDBR] (\w+)", listed))
    needed = set(re.findall(r" U (\w+)", listed))
    assert needed <= defined, needed - defined


# What a compiler may be told, where core/ has a default.
TOLD = {"WHY_SHORTCUTS", "WHY_MSB63", "WHY_HAS_BUCKETS"}


def test_core_has_no_conditional_compilation():
    condition = re.compile(r"^#\s*(if|ifdef|elif|else)\b", re.M)
    default = re.compile(r"^#\s*ifndef\s+(\w+)", re.M)
    for path in files_of("core"):
        text = path.read_text()
        assert not condition.search(text), path
        guard = f"WHY_CORE_{path.stem.upper()}_H"
        assert set(default.findall(text)) <= TOLD | {guard}, path


@pytest.mark.parametrize("room", ["lib", "core", "explain", "report", "abi"])
def test_only_the_command_line_prints_and_exits(room):
    forbidden = re.compile(r"(?<![\w.>])(exit|_exit|abort|printf|perror|puts)\s*\(")
    for path in files_of(room):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            assert not forbidden.search(line), f"{path.relative_to(ROOT)}:{number}: {line.strip()}"


def test_kernel_versions_are_known_in_compat_alone():
    pattern = re.compile(r"LINUX_VERSION_CODE|KERNEL_VERSION\(|___pre_v")
    for room in set(TABLE) - {"compat"}:
        for path in files_of(room):
            assert not pattern.search(path.read_text()), path
