"""Tests of the throw-away server that need none running."""
