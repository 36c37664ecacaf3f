# SPDX-License-Identifier: GPL-2.0-only
"""One QEMU machine: its command line, its life, and CPUs plugged in while it runs.

Knows nothing of what runs inside. Emulation (TCG) on purpose: it works everywhere, also inside
other virtual machines, and 8 CPUs need no 8 cores. Its time isn't real time: a guest CPU may stand
still for milliseconds, so guests prove correctness, never microseconds.

One thread for all CPUs, by default: with a thread each, QEMU (7.2 at least) may keep a translation
made while another CPU was patching that code. Linux then dies of `Oops: int3`, in several of a
hundred boots, and soon when tracepoints are switched under load. One thread can't race with itself;
CPUs then interleave and never run at once.
"""
import json
import socket
import subprocess

# The stall timeout is for a loaded host; a stall that long is still a bug. The rest is speed, or ends
# a dead guest at once: the kernel's tests of its ciphers and their sources of chance, which no test asks, are a
# second of each boot.
KERNEL_ARGS = ("panic=-1 oops=panic rcupdate.rcu_cpu_stall_timeout=60 nmi_watchdog=0 "
               "mitigations=off random.trust_cpu=on audit=0 cryptomgr.notests "
               "initcall_blacklist=jent_mod_init,load_system_certificate_list")
# All that differs by architecture. own_root: it can't run this machine's programs, so its root is
# what test/guest/fetch unpacked for it. tsc=reliable: TCG's TSC is the host's, the same on all CPUs,
# and cheap to read; the watchdog that compares it with a slow emulated HPET would only throw it out.
# la57=off: of five levels of page tables each is work. cortex-a72: a Raspberry Pi 4's.
ARCHES = {
    "amd64": {"qemu": "qemu-system-x86_64", "machine": ["-cpu", "max,la57=off"],
              "args": "console=ttyS0 tsc=reliable clocksource=tsc",
              "own_root": False, "can_plug": True},
    "arm64": {"qemu": "qemu-system-aarch64", "machine": ["-M", "virt", "-cpu", "cortex-a72"],
              "args": "console=ttyAMA0", "own_root": True, "can_plug": False},
}
# Linux from 6.12 on lets CPUs be plugged in only on a hypervisor it knows, and TCG isn't one: this
# makes it take the machine for VMware. (Pulling CPUs out aborts a QEMU of one thread.)
PLUGGABLE = ["-cpu", "max,la57=off,-hypervisor", "-smbios", "type=1,serial=VMware-guest"]
PORTS = ("out", "err", "verdict")   # /dev/vport*p1, p2, p3: session knows the order


def arch_of(flavour):
    """6.12-rt-arm64 -> arm64; without a suffix amd64, as test/guest/fetch has it."""
    suffix = flavour.rpartition("-")[2]
    return suffix if suffix in ARCHES else "amd64"


class Machine:
    """smp: CPU numbers 0 to smp - 1; holes: those of them that are never there."""

    def __init__(self, arch, kernel, initrd, share, console, smp=2, holes=(), memory=2048,
                 append="", threads="single", qemu=()):
        facts = ARCHES[arch]
        boot_cpus = min(holes, default=smp)
        self.late_cpus = [cpu for cpu in range(boot_cpus, smp) if cpu not in holes]
        self.streams, theirs = {}, {}
        for name in PORTS + ("qmp",):
            self.streams[name], theirs[name] = socket.socketpair()
        args = ["setpriv", "--pdeathsig", "KILL", facts["qemu"],
                "-accel", f"tcg,thread={threads}", "-m", str(memory),
                "-smp", f"{boot_cpus},maxcpus={smp},cores={smp}",
                *(PLUGGABLE if holes else facts["machine"]),
                "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                "-serial", f"file:{console}", "-kernel", str(kernel), "-initrd", str(initrd),
                "-append", f"{KERNEL_ARGS} {facts['args']} {append}",
                "-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,"
                           "multidevs=remap",
                "-virtfs", f"local,path={share},mount_tag=share,security_model=none",
                "-device", "virtio-serial"]
        for name, end in theirs.items():
            args += ["-chardev", f"socket,id={name},fd={end.fileno()}"]
        for number, name in enumerate(PORTS, 1):
            args += ["-device", f"virtserialport,nr={number},chardev={name},name={name}"]
        args += ["-mon", "chardev=qmp,mode=control", *qemu]
        self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL,
                                        pass_fds=[end.fileno() for end in theirs.values()])
        for end in theirs.values():
            end.close()

    def plug_cpus(self):
        """Puts the CPUs behind the first hole into the running machine. The kernel has numbered all
        places at boot, so the holes stay; CPUs there at boot would be numbered without a gap."""
        with self.streams["qmp"].makefile("rw") as qmp:
            self._ask(qmp, "qmp_capabilities")
            for cpu in self.late_cpus:
                place = {"socket-id": 0, "core-id": cpu, "thread-id": 0}
                self._ask(qmp, "device_add", driver="max-x86_64-cpu", id=f"cpu{cpu}",
                          hypervisor=False, **place)

    @staticmethod
    def _ask(qmp, what, **arguments):
        qmp.write(json.dumps({"execute": what, "arguments": arguments}) + "\n")
        qmp.flush()
        for line in qmp:
            answer = json.loads(line)
            if "error" in answer:
                raise RuntimeError(f"qemu: {what}: {answer['error']['desc']}")
            if "return" in answer:
                return
        raise RuntimeError(f"qemu: {what}: it has ended")

    def stop(self):
        """Once too often does no harm."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
