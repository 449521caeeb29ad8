"""Lesson 01: whose money bought my bitcoin?"""

NUMBER, TITLE = "01", "Borrowing"
