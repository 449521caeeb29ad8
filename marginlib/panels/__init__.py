"""Controls and the panel; what carries them to a browser."""
