"""Lesson 03: keep the coins or take the cash?"""

NUMBER, TITLE = "03", "Settle or close"
