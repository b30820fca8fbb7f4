"""Sessions and events of a simulated shop."""
