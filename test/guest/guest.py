# SPDX-License-Identifier: GPL-2.0-only
"""A command's way through a guest: what it is given, its output, its verdict, the kernel's log.

Called by run. `Failure` is every end that is not the command's own.
"""
import pathlib
import selectors
import shlex
import shutil
import subprocess
import sys
import time

import klog
from machine import ARCHES, arch_of

TIMED_OUT, BROKEN, CANNOT = 124, 125, 77
HERE = pathlib.Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
GUESTS = CHECKOUT / "build" / "guest"
REBOOT_S = 10   # what the guest gets from its verdict to its end
TAIL = 15       # lines of the console shown when the guest is at fault


class Failure(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def find_kernel(flavour):
    """Folder of a fetched kernel, with what it boots from up to date: vmlinux, initramfs."""
    folder, arch = GUESTS / flavour, ARCHES[arch_of(flavour)]
    needed = ["vmlinuz", "root"] if arch["own_root"] else ["vmlinuz"]
    if not all((folder / name).exists() for name in needed):
        raise Failure(CANNOT, f"no kernel {flavour} here (make guest-kernel KERNEL={flavour})")
    for tool in (arch["qemu"], "busybox", "cpio", "setpriv", "xz", "zstd"):
        if not shutil.which(tool):
            raise Failure(CANNOT, f"no {tool} here (make deps check)")
    initramfs, vmlinux = folder / "initramfs", folder / "vmlinux"
    if is_older(initramfs, HERE / "mkinitramfs", HERE / "init", HERE / "session", folder / "modules/modules.dep"):
        subprocess.run([HERE / "mkinitramfs", folder, initramfs], check=True)
    if is_older(vmlinux, HERE / "unpack", folder / "vmlinuz"):
        subprocess.run([HERE / "unpack", folder / "vmlinuz", vmlinux], check=True)
    return folder


def is_older(file, *inputs):
    """Or isn't there."""
    return not file.exists() or file.stat().st_mtime < max(path.stat().st_mtime for path in inputs)


def own_arguments(folder, smp):
    """QEMU's, that this kernel needs: its file `qemu`, if there is one."""
    own = folder / "qemu"
    return shlex.split(own.read_text().format(smp=smp)) if own.exists() else []


def own_parameters(folder):
    """The kernel's, that it needs here: its file `append`. khz: of this machine's TSC, which is the emulated one."""
    own = folder / "append"
    if not own.exists():
        return ""
    mhz = next(line.split()[-1] for line in open("/proc/cpuinfo") if line.startswith("cpu MHz"))
    return own.read_text().strip().format(khz=round(float(mhz) * 1000))


def write_share(share, folder, command, cwd, plug, offline):
    """The two files init and session read; `out` is the command's $GUEST_OUT. A guest that has a
    root of its own sees only what it is told to of the host's folders."""
    (share / "out").mkdir(parents=True, exist_ok=True)
    modules, root = (folder / "modules").resolve(), (folder / "root").resolve()
    is_own = ARCHES[arch_of(folder.name)]["own_root"]
    settings = {"PLUG": " ".join(map(str, plug)), "OFFLINE": " ".join(map(str, offline)),
                "MODULES": str(modules), "ROOT": str(root) if is_own else "",
                "SEE": f"{CHECKOUT} {modules}" if is_own else ""}
    lines = (f"{name}={shlex.quote(value)}\n" for name, value in settings.items())
    (share / "settings").write_text("".join(lines))
    cwd = shlex.quote(str(pathlib.Path(cwd).resolve()))
    (share / "command").write_text(f"cd {cwd} || exit 126\nexec {shlex.join(command)}\n")


def follow(machine, timeout):
    """Passes the output on until the machine has ended. The command's exit code, or a Failure."""
    deadline, code, heard = time.monotonic() + timeout, None, b""
    sinks = {"out": sys.stdout.buffer, "err": sys.stderr.buffer}
    with selectors.DefaultSelector() as ready:
        for name in (*sinks, "verdict"):
            ready.register(machine.streams[name], selectors.EVENT_READ, name)
        while ready.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in ready.select(left):
                data = receive(key.fileobj)
                if not data:
                    ready.unregister(key.fileobj)
                elif key.data in sinks:
                    sinks[key.data].write(data)
                    sinks[key.data].flush()
                else:
                    *lines, heard = (heard + data).split(b"\n")
                    for word, *rest in map(bytes.split, lines):
                        if word == b"ready":
                            machine.plug_cpus()
                        elif word == b"exit":
                            code, deadline = int(rest[0]), time.monotonic() + REBOOT_S
        timed_out = bool(ready.get_map())
    if code is None:
        raise Failure(*((TIMED_OUT, f"not done after {timeout:g} s: killed") if timed_out else
                        (BROKEN, "the guest died")))
    return code


def receive(stream):
    """b"" at the end: QEMU's, however it came."""
    try:
        return stream.recv(65536)
    except ConnectionError:
        return b""


def check_console(console):
    found = klog.complaints(console.read_text(errors="replace"))
    if found:
        raise Failure(BROKEN, "\n  ".join(["the kernel complains:", *found]))


def tail(console):
    lines = console.read_text(errors="replace").splitlines() if console.exists() else []
    return "".join(f"  | {line}\n" for line in lines[-TAIL:])
