"""Lesson 07: how far can the price go?"""

NUMBER, TITLE = "07", "Margin call and liquidation"
