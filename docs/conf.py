"""Sphinx builds the site from these pages: `make site`, and a test, with warnings as errors."""

project = "Tidegate"
author = "The Tidegate authors"
copyright = "The Tidegate authors, Apache License 2.0"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "index"
# README.md lists the pages for who reads them in the repository; the site has index.md.
exclude_patterns = ["README.md"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "Tidegate"
html_show_sphinx = False
# No page needs anything from another host.
html_copy_source = False
