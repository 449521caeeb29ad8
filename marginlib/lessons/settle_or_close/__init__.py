"""Lesson 03: keep the coins or take the cash?"""
