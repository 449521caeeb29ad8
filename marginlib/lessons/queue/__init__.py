"""Lesson 04: which of my positions goes first?"""
