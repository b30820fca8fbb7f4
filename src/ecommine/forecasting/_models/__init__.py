"""Models: small frozen objects, fitted to all series of a block at once."""
