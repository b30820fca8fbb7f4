"""Order lines, products, events and baskets as arrays."""
