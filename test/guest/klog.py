# SPDX-License-Identifier: GPL-2.0-only
"""Finds in a kernel's log what must not be there. Knows nothing of guests.

A test that passes while the kernel complains has found a bug and hidden it. `allow` holds one
regular expression a line for complaints that are known not to be ours; # starts a comment.
"""
import pathlib
import re

BAD = re.compile(r"WARNING:|BUG:|Oops|rcu: INFO|Call Trace|Kernel panic|INFO: task .* blocked|"
                 r"UBSAN:|general protection fault|kmemleak:|vmalloc error:|page allocation failure:")
ALLOW = pathlib.Path(__file__).with_name("allow")


def read_allowed():
    lines = (line.split("#")[0].strip() for line in ALLOW.read_text().splitlines())
    return [re.compile(line) for line in lines if line]


def complaints(text):
    """The offending lines of a log. A trace shares the fate of the complaint it belongs to."""
    allowed, found, excused = read_allowed(), [], False
    for line in text.splitlines():
        if not BAD.search(line):
            continue
        if "Call Trace" not in line:
            excused = any(pattern.search(line) for pattern in allowed)
        if not excused:
            found.append(line.strip())
    return found
