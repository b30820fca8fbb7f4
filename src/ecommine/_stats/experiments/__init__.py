"""Two arms against each other: means and their intervals, looks at any time, and how many units it takes."""
