"""What moves demand beside its own course: a common factor, events, promotions, prices."""
