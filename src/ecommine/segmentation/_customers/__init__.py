"""What is known of customers: lines read, summed up, favourites, and columns as coordinates."""
