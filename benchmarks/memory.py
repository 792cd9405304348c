"""What a process holds in memory, read from /proc (Linux)."""

import os
from pathlib import Path


def parse_rollup(text: str) -> int:
    """Return the bytes of the `Rss:` line of /proc/PID/smaps_rollup (in kB there).

    Raises ValueError when the line is missing.
    """
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        if name == "Rss":
            return int(rest.split()[0]) * 1024
    raise ValueError("smaps_rollup without a line Rss")


def resident(pid: int) -> int:
    """Return the resident set of process `pid` in bytes.

    smaps_rollup counts exactly; statm, which may lag by some pages per processor
    (proc(5)), is used where the former may not be read.
    """
    try:
        return parse_rollup(Path(f"/proc/{pid}/smaps_rollup").read_text())
    except OSError:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
