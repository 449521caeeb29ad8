"""What a state comes to: balance sheet, outcome, limits, price paths, futures, orders as the API takes them."""
