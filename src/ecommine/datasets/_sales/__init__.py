"""Prices, stock and sales of a simulated shop."""
