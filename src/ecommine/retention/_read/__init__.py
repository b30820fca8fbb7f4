"""Order lines read into small arrays: days on which customers bought, their first orders, their products."""
