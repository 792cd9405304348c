"""LISTEN in transaction mode: one server listens, and many clients are told."""
