"""Four ways out of an open position, compared."""
