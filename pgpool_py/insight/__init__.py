"""What a pooler is like at one moment: for metrics, probes and people."""
