"""Models of sentiment: features of texts, linear weights, and the built-in weights of English and Chinese."""
