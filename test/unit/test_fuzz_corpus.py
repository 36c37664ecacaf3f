# SPDX-License-Identifier: GPL-2.0-only
"""The fuzz targets bear the files that they are seeded with; `make fuzz` looks for more."""
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGETS = sorted(s.stem for s in (ROOT / "test/fuzz").glob("fuzz_*.c"))


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.timeout(120)
def test_corpus_passes(name):
    corpus = sorted((ROOT / "test/fuzz/corpus" / name).iterdir())
    assert corpus
    done = subprocess.run([ROOT / "build/fuzz" / name, "-rss_limit_mb=512", "-timeout=20", *corpus],
                          cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Executed ") == len(corpus), done.stderr
