"""What files and people write becomes scenarios and rules, with errors that are sentences."""
