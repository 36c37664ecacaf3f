# SPDX-License-Identifier: GPL-2.0-only
"""What a measurement in a guest may have lost, and its reason."""

# Their hooks run with interrupts on: a soft timer's expiry, a call to another CPU. One that comes in an
# interrupt inside them is not run by the kernel; an emulated CPU's interrupts wait for its turn and come at any
# instruction of it.
INTERRUPTIBLE = {"hrtimer_expire_entry", "ipi_send_cpu", "ipi_send_cpumask"}


def other_losses(profile):
    """{name: how many} of all that were lost, without what is missed at interruptible hooks, of which there may
    be few."""
    lost = {name: n for name, n in profile["losses"].items() if n}
    missed = lost.get("recursion_misses", 0)
    if missed <= 5 and set(profile["missed_in"].split()) <= INTERRUPTIBLE:
        lost.pop("recursion_misses", None)
    return lost
