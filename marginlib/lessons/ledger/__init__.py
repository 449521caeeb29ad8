"""Lesson 08: what did the exchange actually do?"""

NUMBER, TITLE = "08", "Read your own ledger"
