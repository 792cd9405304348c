"""Who may come in: secrets, rules, and the files that hold them. No I/O."""
