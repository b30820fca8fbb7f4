"""Canonical sales and stock as arrays of series by period."""
