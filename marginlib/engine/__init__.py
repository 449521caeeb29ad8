"""A scenario becomes a story."""
