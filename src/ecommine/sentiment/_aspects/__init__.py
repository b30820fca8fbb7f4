"""Aspects: what reviews are about, how, since when, and where it is worse than elsewhere."""
