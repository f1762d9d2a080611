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
# paper and ink; the accent is the first blue of figures and explorers, a little darker where it is text
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#0068a3", "color-brand-content": "#005f96", "color-brand-visited": "#005f96",
        "color-background-primary": "#fdfcf9", "color-background-secondary": "#fdfcf9", "color-background-hover": "#eaf3f9",
        "color-background-border": "#e3dfd6", "color-foreground-primary": "#1f2933", "color-foreground-secondary": "#56606b",
        "color-foreground-muted": "#656d76", "color-sidebar-link-text": "#56606b", "color-sidebar-link-text--top-level": "#56606b",
        "color-link-underline": "#a9c9de",
    },
    "dark_css_variables": {
        "color-brand-primary": "#7cc4f0", "color-brand-content": "#7cc4f0", "color-brand-visited": "#7cc4f0",
        "color-background-primary": "#14181d", "color-background-secondary": "#14181d", "color-background-hover": "#1c2733",
        "color-background-border": "#303943", "color-foreground-primary": "#e2e6ea", "color-foreground-secondary": "#a3adb8",
        "color-foreground-muted": "#8e98a3", "color-sidebar-link-text": "#a3adb8", "color-sidebar-link-text--top-level": "#a3adb8",
        "color-link-underline": "#3d6380",
    },
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
