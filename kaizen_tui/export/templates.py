"""Text in the annotations of Prometheus' alert rules, which are Go templates."""

import re

from kaizen_tui.core.text import safe

VALUE = '{{ printf "%.4g" $value }}'
SHARE = "{{ $value | humanizePercentage }}"

_BRACES = re.compile(r"\{+")


def literal(text: str) -> str:
    """`text` as a template that prints just it, on one line; nothing in it is run.

    Every brace is quoted, not only two in a row: one at the end would join with what follows.
    """
    return _BRACES.sub(lambda found: f'{{{{"{found[0]}"}}}}', safe(text))
