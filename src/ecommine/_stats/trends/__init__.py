"""Trends of shares and seasons: what rises, what falls, and when demand is high."""
