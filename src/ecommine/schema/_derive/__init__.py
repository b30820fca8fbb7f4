"""Tables made from canonical ones: identified events, the sales panel, periods."""
