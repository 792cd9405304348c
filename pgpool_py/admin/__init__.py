"""The console: database ``pgbouncer``, one command per file."""
