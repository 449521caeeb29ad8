"""Lesson 00."""

NUMBER, TITLE = "00", "Start here"
