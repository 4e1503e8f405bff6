"""XML as it is written piece by piece: an element and its attributes, with everything escaped."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

_SPECIAL = re.compile('[&<>"\\n\\r\\t]').search
_IN_ATTRIBUTE = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def tag(element: str, content: str | None = None, /, **attributes: object) -> str:
    """Return an element; an underscore in an attribute's name stands for a hyphen. Values are plain text.

    ``content`` is markup; without any the element is empty.
    """
    said = "".join(f' {key.replace("_", "-")}="{quoted(value)}"' for key, value in attributes.items())
    return f"<{element}{said}/>" if content is None else f"<{element}{said}>{content}</{element}>"


def quoted(value: object) -> str:
    """Return a value as it stands in an attribute or an element. It holds no character XML does not have."""
    # Most of it is text that needs no escape, and to look is a tenth of the work.
    plain = value if isinstance(value, str) else _written(value)
    return escape(plain, _IN_ATTRIBUTE) if _SPECIAL(plain) else plain


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
