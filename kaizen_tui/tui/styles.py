"""Where the style sheets are: beside the package in an installed wheel, at the checkout's top otherwise."""

import os

_HERE = os.path.dirname(os.path.abspath(__file__))
_INSTALLED = os.path.join(_HERE, os.pardir, "styles")
_CHECKOUT = os.path.join(_HERE, os.pardir, os.pardir, "styles")


def style_sheet(name: str) -> str:
    """The path of `NAME.tcss`."""
    folder = _INSTALLED if os.path.isdir(_INSTALLED) else _CHECKOUT
    return os.path.join(os.path.normpath(folder), f"{name}.tcss")
