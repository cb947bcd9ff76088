"""The templates of this package, and the escaping of text in each format."""

import re

import jinja2

MINUS, DASH = "−", "–"  # the dash stands for a missing value
LATEX = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        MINUS: "$-$",
        "±": r"$\pm$",
        "↑": r"$\uparrow$",
        "↓": r"$\downarrow$",
        "<": "$<$",
        ">": "$>$",
        "≥": r"$\geq$",
    }
)


def html_environment() -> jinja2.Environment:
    """Templates of HTML: text is escaped."""
    return _environment(autoescape=True)


def markdown_environment() -> jinja2.Environment:
    """Templates of Markdown, with the filter `escaped`."""
    templates = _environment()
    templates.filters["escaped"] = lambda text: re.sub(r"([\\`*_|<\[])", r"\\\1", text)
    return templates


def latex_environment() -> jinja2.Environment:
    """Templates of LaTeX, with the filters `escaped` and `bold`. Braces are LaTeX's own."""
    templates = _environment().overlay(
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
    )
    templates.filters["escaped"] = _escaped_latex
    templates.filters["bold"] = lambda text, best: rf"\textbf{{{text}}}" if best else text
    return templates


def _environment(autoescape: bool = False) -> jinja2.Environment:
    # Undefined names are errors.
    return jinja2.Environment(
        loader=jinja2.PackageLoader("jukedrummer.report"),
        autoescape=autoescape,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _escaped_latex(text: str) -> str:
    return text.translate(LATEX).replace("--", "-{}-").replace(DASH, "--")
