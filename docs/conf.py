"""How the site is built: offline, warnings are errors."""

import os
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

os.environ.setdefault("ECOMMINE_DATA", str(HERE.parents[1] / "shared" / "data"))  # real data, where they are at hand

import ecommine  # noqa: E402  # its version is the site's

project = "ecommine"
author = "The ecommine developers"
version = release = ecommine.__version__

extensions = [
    "reference_pages",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_templates", "auto_examples/**/*.ipynb", "auto_examples/**/*.py"]
templates_path = ["_templates"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
default_role = "literal"

html_theme = "pydata_sphinx_theme"
html_title = "ecommine"
html_static_path = ["_static"]
html_css_files = ["ecommine.css"]
html_sourcelink_suffix = ""
html_theme_options = {
    "logo": {"text": "ecommine"},
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": []}

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

autosummary_generate = True
autosummary_imported_members = False
autodoc_typehints = "none"  # the docstrings say the types in words
autodoc_preserve_defaults = True  # a default is shown as it is written
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"plot_",
    "ignore_pattern": r"demo\.py|__init__\.py",
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 1e9,
    "write_computation_times": False,
    "abort_on_example_error": True,
}

# Pictures with Chinese text say once that a machine has no such font: a fact of the machine, not of the page.
warnings.filterwarnings("ignore", message="the picture has Chinese text")
