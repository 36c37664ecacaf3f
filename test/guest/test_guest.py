# SPDX-License-Identifier: GPL-2.0-only
"""Why: whatever runs in a guest is only as good as the guest's verdict. A harness that loses an
exit code, waits for ever, or overlooks a kernel that complains makes every test on top of it pass.
So these break the guest on purpose and expect to hear of it.

A boot takes 5 to 10 s.
"""
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GUEST = ROOT / "build" / "guest" / "6.12"
CPU = "/sys/devices/system/cpu"
TIMED_OUT, BROKEN = 124, 125


def run(*command, options=()):
    return subprocess.run([HERE / "run", *options, "--", *command], cwd=ROOT, text=True,
                          capture_output=True, timeout=150)


@pytest.fixture(scope="module", autouse=True)
def kernel():
    if not (GUEST / "vmlinuz").exists():
        pytest.skip("no guest kernel: make guest-kernel")


def test_eight_cpus_the_hosts_files_and_every_channel(tmp_path):
    script = ("nproc; uname -r; pwd; echo complaint >&2; echo kept > $GUEST_OUT/file;"
              f"touch {tmp_path}/gone && ls {tmp_path}; exit 7")
    done = run("sh", "-c", script, options=["--smp", "8", "--out", tmp_path / "results"])
    release = (GUEST / "release").read_text().strip()
    assert done.stdout.splitlines() == ["8", release, str(ROOT), "gone", "results"]
    assert done.stderr == "complaint\n"
    assert done.returncode == 7
    assert (tmp_path / "results/out/file").read_text() == "kept\n"
    assert not (tmp_path / "gone").exists(), "the guest wrote to the host"


def test_cpu_numbers_have_holes_and_hotplug_finds_its_way():
    script = (f"cat {CPU}/possible {CPU}/present {CPU}/online; test/guest/hotplug 1,4 0.2 3 &&"
              f"cat {CPU}/online")
    done = run("sh", "-c", script, options=["--smp", "6", "--holes", "2", "--offline", "3"])
    assert done.returncode == 0, done.stderr
    possible, present, online, rounds, after = done.stdout.splitlines()
    assert (possible, present, online, after) == ("0-5", "0-1,3-5", "0-1,4-5", "0-1,4-5")
    assert int(rounds.removeprefix("rounds ")) >= 2


def test_a_hanging_command_is_killed():
    done = run("sh", "-c", "echo started; sleep 1000", options=["--timeout", "12"])
    assert done.returncode == TIMED_OUT
    assert done.stdout == "started\n"


def test_a_dying_kernel_is_no_success():
    done = run("sh", "-c", "echo c > /proc/sysrq-trigger")
    assert done.returncode == BROKEN
    assert "the guest died" in done.stderr


def test_a_complaining_kernel_is_no_success():
    done = run("sh", "-c", "echo 'WARNING: CPU: 0 of a test' > /dev/kmsg")
    assert done.returncode == BROKEN
    assert "WARNING: CPU: 0 of a test" in done.stderr


EACH_TASK = """
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#define KERNEL __attribute__((preserve_access_index))
struct task_struct { int pid; } KERNEL;
struct bpf_iter_meta { struct seq_file *seq; } KERNEL;
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; } KERNEL;
SEC("iter/task") int each_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (task)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%d\\n", task->pid);
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
"""


def test_an_ebpf_iterator_built_here_walks_the_guests_tasks(tmp_path):
    (tmp_path / "each_task.bpf.c").write_text(EACH_TASK)
    subprocess.run(["clang", "-O2", "-g", "--target=bpf", "-I/usr/include/x86_64-linux-gnu", "-c",
                    "each_task.bpf.c", "-o", "each_task.bpf.o"], cwd=tmp_path, check=True)
    script = "bpftool iter pin each_task.bpf.o /sys/fs/bpf/t && cat /sys/fs/bpf/t"
    done = run("sh", "-c", script, options=["--cwd", tmp_path])
    assert done.returncode == 0, done.stderr
    assert {1, 2} <= set(map(int, done.stdout.split()))
