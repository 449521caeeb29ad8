"""Lesson 06: what should I do before I close?"""

NUMBER, TITLE = "06", "The fee you can avoid"
