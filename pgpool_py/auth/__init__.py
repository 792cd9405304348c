"""Who may come in: secrets and the files that hold them. No I/O."""
