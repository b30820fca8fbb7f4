"""Which unit reached which step, and when."""
