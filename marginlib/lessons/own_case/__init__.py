"""Your own case: what about my account?"""

NUMBER, TITLE = "10", "Your own case"
ASKS = False
"""Nothing is asked here: what is typed in is one's own, and has no right answer."""
