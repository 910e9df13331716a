"""Numbers as people read them in a table: three significant digits, unit beside. Light."""

import math


def human_number(value: float) -> str:
    """At most three significant digits before or after the point: 7.4, 196, 0.31, 1.2k, 3.4M; never exponents."""
    if value != value:
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    size = abs(value)
    if size >= 999_500_000:
        return f"{_digits(value / 1e9)}G"
    if size >= 999_500:
        return f"{_digits(value / 1e6)}M"
    if size >= 9_999.5:
        return f"{_digits(value / 1e3)}k"
    return _digits(value)


def _digits(value: float) -> str:
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 99.95:
        return f"{value:.0f}"
    if size >= 9.995:
        text = f"{value:.1f}"
    elif size >= 0.9995:
        text = f"{value:.2f}"
    else:
        # 0.00012: three digits after the leading zeros, but never more than nine places.
        text = f"{value:.{min(9, 2 - math.floor(math.log10(size)))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def with_unit(value: float, unit: str) -> str:
    """`7.4 ms`, `0.31 %`, `196 MB`, `12` without a unit; seconds below a thousandth as `12.6 µs`, `25 ns`."""
    if unit == "s" and 0 < abs(value) < 0.001:
        value, unit = (value * 1e6, "µs") if abs(value) >= 1e-6 else (value * 1e9, "ns")
    return f"{human_number(value)} {unit}" if unit else human_number(value)


def human_percent(share: float) -> str:
    """0.91 -> `91 %`, -0.04 -> `-4 %`; one decimal below 10 %. A share that isn't zero is never shown as 0 %."""
    percent = share * 100.0
    if percent != 0 and abs(percent) < 0.05:
        return "<0.1 %" if percent > 0 else "-0.1 %"
    return f"{percent:.0f} %" if abs(percent) >= 9.95 or percent == round(percent) else f"{percent:.1f} %"
