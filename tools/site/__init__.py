"""The site: every lesson as a page, and the notebooks themselves in a JupyterLite."""
