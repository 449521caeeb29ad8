"""Lesson 01: whose money bought my bitcoin?"""
