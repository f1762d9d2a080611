"""Sphinx: the lessons as pages. build.py writes the sources, from notebooks/, into build/source."""

import re

project = "lrcourse"
author = "the lrcourse authors"
html_title = "lrcourse"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx.ext.viewcode"]
nb_execution_mode = "off"                       # the stored outputs are what running gives: a test holds that
myst_enable_extensions = ["dollarmath", "amsmath", "html_image"]
myst_heading_anchors = 3
suppress_warnings = ["mystnb.unknown_mime_type", "ref.python"]     # the latter: two classes are called Choice, in ranges and in lessons
mathjax_path = "mathjax/tex-svg.js"
html_theme = "furo"                             # the only one whose pages stay under 300 kB: no icon font, no framework
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#005f96", "color-brand-content": "#005f96"},
    "dark_css_variables": {"color-brand-primary": "#7cc4f0", "color-brand-content": "#7cc4f0"},
}
html_static_path = ["_static"]
html_css_files = ["lrcourse.css"]
html_favicon = "_static/favicon.svg"
html_show_copyright = False
html_show_sourcelink = False
html_copy_source = False
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "exclude-members": "set"}
add_module_names = False


def dollars(app, what, name, thing, options, lines):
    """Formulas stand between dollars in a docstring, as in the notebooks; Sphinx wants a role."""
    lines[:] = re.sub(r"\$([^$]+)\$", r":math:`\1`", "\n".join(lines)).split("\n")


def setup(app):
    app.connect("autodoc-process-docstring", dollars)
