"""What a process has used of the processor, read from /proc (Linux)."""

import os
from dataclasses import dataclass
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class CpuTime:
    """Seconds of processor time, all threads of a process together."""

    user: float
    system: float

    def since(self, earlier: "CpuTime") -> "CpuTime":
        """Return what was used between `earlier` and this reading."""
        return CpuTime(self.user - earlier.user, self.system - earlier.system)


def parse_stat(line: str) -> CpuTime:
    """Read utime and stime, fields 14 and 15 of /proc/PID/stat (proc(5)).

    The second field is the program's name in parentheses and may itself hold
    spaces and parentheses, so counting begins behind the last one.
    """
    fields = line.rpartition(")")[2].split()
    return CpuTime(int(fields[11]) * TICK, int(fields[12]) * TICK)


def cpu_time(pid: int) -> CpuTime:
    """Return the processor time used by process `pid` since its start."""
    return parse_stat(Path(f"/proc/{pid}/stat").read_text())
