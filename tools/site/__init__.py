"""Builds the site: every lesson as a page that needs nothing installed, from the same notebooks."""
