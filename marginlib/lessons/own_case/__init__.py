"""Your own case: what about my account?"""

NUMBER, TITLE = "10", "Your own case"
