"""Random and mutated bytes for all that reads from the network; see ``__main__``."""
