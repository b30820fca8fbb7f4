"""Distributions of demand: rolling-origin errors, counts, and totals."""
