"""Two funnels compared: what each step adds to the difference."""
