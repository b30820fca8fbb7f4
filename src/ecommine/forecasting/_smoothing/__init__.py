"""The models as array programs over all series of a block at once, and the classes of demand."""
