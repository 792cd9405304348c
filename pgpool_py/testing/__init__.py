"""For tests: a throw-away PostgreSQL in front of which to pool."""
