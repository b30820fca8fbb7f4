"""Trends of products beside the shop, its season and its peaks."""
