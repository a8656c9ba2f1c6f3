"""The documentation as a site: what Sphinx is told. `./dev docs` builds it, with no network."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The pages that are made from the commands import them; the rest of the site is in docs/site.
sys.path.insert(0, str(HERE.parent))

project = "alfine"
author = "the authors of alfine"
copyright = "the authors of alfine; the RFC: its authors and the IETF Trust"
extensions = ["myst_parser", "docs.site.commands", "docs.site.drawings", "docs.site.contents"]
html_theme = "furo"
html_title = "alfine"
html_static_path = ["site/static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
exclude_patterns = ["site/**", "schema/**"]
language = "en"
# As a code host names headings, so that the same links lead to them there and here.
myst_heading_anchors = 4
