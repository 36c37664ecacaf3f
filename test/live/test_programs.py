# SPDX-License-Identifier: GPL-2.0-only
"""The eBPF programs load here; and older kernels would not refuse them for their stack."""
import subprocess

import pytest

from whylate import ROOT

STACK = 512     # bytes: MAX_BPF_STACK, include/linux/filter.h


@pytest.mark.parametrize("name", ["bpf/whylate.bpf.o", "bpf/stalls.bpf.o", "lab/inject.bpf.o"])
def test_every_program_fits_the_stack_of_older_kernels(name):
    done = subprocess.run([ROOT / "build/test/tool/verifier", ROOT / "build" / name],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    stacks = {program: int(stack) for program, _, _, stack in map(str.split, done.stdout.splitlines())}
    assert stacks
    wrong = {program: stack for program, stack in stacks.items() if not 0 < stack <= STACK}
    assert not wrong, wrong
