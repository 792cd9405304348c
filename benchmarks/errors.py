"""What can go wrong in a benchmark.

BenchmarkError
├── PgbenchError      pgbench failed, or a client of it was thrown out
├── WireError         an error, or bytes that the protocol does not allow
├── LoadError         a client of the load got an error or no answer
├── TargetError       a pooler did not start
├── PgbouncerError    there is no PgBouncer to run
└── OursError         the pooler of this repository cannot be started
"""


class BenchmarkError(Exception):
    """A measurement that cannot be made; the text says why."""


class PgbenchError(BenchmarkError):
    """pgbench failed, or a client of it was thrown out."""


class WireError(BenchmarkError):
    """The other side answered with an error, or not as the protocol says."""


class LoadError(BenchmarkError):
    """A client of the load got an error or no answer."""


class TargetError(BenchmarkError):
    """A pooler did not start; the text ends with the last lines of its log."""


class PgbouncerError(BenchmarkError):
    """There is no PgBouncer to run, and why."""


class OursError(BenchmarkError):
    """The pooler of this repository cannot be started, and why."""
