"""What the figures were measured on."""

import os
import platform
from pathlib import Path


def processor() -> str:
    """Return the processor's model name, or its architecture where not told."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()


def describe() -> str:
    """Return one line: processor, number of cores, memory, kernel, present load."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return (
        f"{processor()}, {os.cpu_count()} cores, {pages / 2**30:.0f} GiB, "
        f"{platform.system()} {platform.release().partition('-')[0]}, "
        f"load {os.getloadavg()[0]:.2f} at the start"
    )
