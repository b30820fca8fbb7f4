"""Prices, with the units and the money to be expected at them, and what is not known."""
