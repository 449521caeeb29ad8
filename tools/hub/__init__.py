"""What `make class-load` is set up with."""
