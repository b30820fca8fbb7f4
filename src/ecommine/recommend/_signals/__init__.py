"""What speaks for a product: scores of customers and products, as arrays."""
