"""What moves demand beside its own course: events, promotions, prices."""
