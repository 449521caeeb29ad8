"""Lesson 02: how do I sell what I don't own?"""

NUMBER, TITLE = "02", "Going short"
