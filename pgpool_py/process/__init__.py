"""What a process is to its system: its user, its id, its limits, its terminal."""
