"""Lesson 05: what gets sold to pay for my loss?"""

NUMBER, TITLE = "05", "The loss cascade"
