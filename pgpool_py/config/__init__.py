"""Files and environment to settings, all faults at once."""
