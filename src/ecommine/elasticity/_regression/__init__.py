"""Slopes of all groups, their errors, and the reasons why some cannot be told."""
