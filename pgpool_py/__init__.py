"""pgpool_py: a PostgreSQL pooler in Python."""

__version__ = "0.1.0"
