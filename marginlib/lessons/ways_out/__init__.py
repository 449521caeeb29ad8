"""Lesson 06: what should I do before I close?"""
