"""Lesson 05: what gets sold to pay for my loss?"""
