"""Figures, tables and words: pure functions of a story. No view computes money."""
