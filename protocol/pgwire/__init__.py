"""PostgreSQL's frontend/backend protocol 3: bytes and rules, no I/O."""
