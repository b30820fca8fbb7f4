"""Two arms: differences of means, adjusted means, sequential tests, sample sizes."""
