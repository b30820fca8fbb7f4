"""Carts: what was bought, left and recovered."""
