"""A lesson on a page of the site: its cells run in the browser, by the same Python as in a notebook."""
