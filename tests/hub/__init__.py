"""A class on a JupyterHub of one's own."""
