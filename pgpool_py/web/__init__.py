"""HTTP: probes, metrics and snapshots, in threads that never touch live objects."""
