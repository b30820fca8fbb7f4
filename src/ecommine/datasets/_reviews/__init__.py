"""Reviews: what customers write of what they bought, with planted faults."""
