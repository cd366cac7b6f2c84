"""Numbers as the parts of the dock write them."""

from __future__ import annotations


def short(number: float) -> str:
    """Three digits that count, all of a whole part below 100,000, a real minus sign: "0.333", "−1234", "1.5e6"."""
    text = f"{number:.3g}"
    if "e" in text and 1 <= abs(number) < 99_999.5:
        text = f"{number:.0f}"
    elif "e" in text:
        digits, exponent = text.split("e")
        text = f"{digits}e{int(exponent)}"
    return text.replace("-", "−")


def written(number: float) -> str:
    """The same in a sentence, where there is room for "1,000,000"."""
    return f"{number:,.0f}".replace("-", "−") if 999.5 <= abs(number) < 1e9 else short(number)
