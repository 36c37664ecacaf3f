# SPDX-License-Identifier: GPL-2.0-only
"""What a stranger would trip over: licences, long lines, long files, spaces for tabs."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", *patterns], cwd=ROOT, text=True,
                         capture_output=True, check=True).stdout.split()
    return [ROOT / name for name in out if (ROOT / name).exists()]


def test_every_source_file_says_its_licence():
    for path in tracked("*.c", "*.h", "*.py", "*.mk", "Makefile"):
        assert "SPDX-License-Identifier: GPL-2.0-only" in "".join(path.open().readlines()[:3]), path


def test_no_line_of_c_is_over_100_columns():
    for path in tracked("*.c", "*.h"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            assert len(line.expandtabs(8)) <= 100, f"{path}:{number}"


def test_no_file_of_c_is_over_600_lines():
    for path in tracked("*.c", "*.h"):
        assert len(path.read_text().splitlines()) <= 600, path


def test_c_is_indented_with_tabs():
    for path in tracked("*.c", "*.h"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            assert not line.startswith("        "), f"{path}:{number}"
            assert line == line.rstrip(), f"{path}:{number}: trailing space"


def test_no_built_file_is_tracked():
    built = tracked("*.o", "*.ko", "*.skel.h", "*.so", "*.why")
    assert not [path for path in built if path.parent.name != "golden"]
