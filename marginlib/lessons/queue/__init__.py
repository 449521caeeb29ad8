"""Lesson 04: which of my positions goes first?"""

NUMBER, TITLE = "04", "First in, first out"
