"""Products and baskets of a simulated shop."""
