"""What the command line calls by its commands, in the words of the window: its errors and notes are shown in both."""

from __future__ import annotations

_WORDS = {
    "label something first: studio label": "label something first: draw a box (W) around it and follow it (T)",
    "studio split makes one": "Splits, beside the gallery, makes one",
    "see them with studio split --check, split anew": "see them in Splits, beside the gallery, split anew there",
    "allow it with --allow-leaks": "tick Allow leaks",
    "assign some: studio split": "assign some in Splits, beside the gallery",
}


def in_the_window(sentence: str) -> str:
    """`sentence` without a command that nobody can type in the window."""
    for command, words in _WORDS.items():
        sentence = sentence.replace(command, words)
    return sentence
