"""Demand as arrays: its classes, what sales hide of it where stock ran out, and the stock itself."""
