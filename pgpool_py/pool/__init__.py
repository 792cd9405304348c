"""Books, waiters and timing of pools: ids and capacities, no protocol."""
