"""Lesson 07: how far can the price go?"""
