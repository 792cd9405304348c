"""Patches that each break one rule, and the proof that a test notices."""
