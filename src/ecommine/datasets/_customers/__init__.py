"""Customers of a simulated shop, and when they order."""
