"""Frequent itemsets: baskets, engines, selection."""
