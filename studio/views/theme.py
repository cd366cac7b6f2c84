"""Light and dark: one palette each, and one small style sheet."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from studio.core.paths import RESOURCES

SCHEMES = {"system": Qt.ColorScheme.Unknown, "light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
GOOD, DOUBTFUL, BAD = "#3fb950", "#d29922", "#f85149"
SPLIT_COLORS = {"train": "#2aa5b8", "val": "#d9a520", "test": "#d0559a"}  # everywhere, on pictures and on both grounds


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours, each "#rrggbb"; text reaches a contrast of 4.5 on window, base and raised."""

    dark: bool
    window: str
    base: str
    raised: str
    text: str
    dim: str
    line: str
    accent: str
    on_accent: str
    good: str
    doubtful: str
    bad: str


DARK = Theme(
    True, "#1e2024", "#17191c", "#24272c", "#dfe3e8", "#8b929c", "#2f333a", "#4c9aff", "#0b1522", GOOD, DOUBTFUL, BAD
)
LIGHT = Theme(
    False, "#f3f4f6", "#ffffff", "#e9ebee", "#1d2126", "#5f6672", "#d5d9de", "#1f6feb", "#ffffff",
    "#1a7f37", "#8a6100", "#cf222e",
)  # fmt: skip


def current() -> Theme:
    """The theme that is shown."""
    return DARK if QApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def apply_theme(application: QApplication, choice: str) -> Theme:
    """Colour the whole application: `choice` is "light", "dark" or "system"; returns what was chosen."""
    hints = QGuiApplication.styleHints()
    hints.setColorScheme(SCHEMES[choice])  # so that title bars and the system's own dialogs follow
    theme = DARK if hints.colorScheme() == Qt.ColorScheme.Dark or choice == "dark" else LIGHT
    application.setStyle("Fusion")
    application.setPalette(_palette(theme))
    sheet = Template((RESOURCES / "style.qss").read_text(encoding="utf-8"))
    colours = {name: getattr(theme, name) for name in Theme.__slots__}
    application.setStyleSheet(sheet.substitute(colours, icons=(RESOURCES / "icons").as_posix()))
    return theme


def _palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for roles, color in (
        ((role.Window, role.Button, role.ToolTipBase), theme.window),
        ((role.Base,), theme.base),
        ((role.AlternateBase, role.Midlight, role.Light), theme.raised),
        ((role.WindowText, role.Text, role.ButtonText, role.ToolTipText, role.BrightText), theme.text),
        ((role.PlaceholderText,), theme.dim),
        ((role.Mid, role.Dark), theme.line),
        ((role.Shadow,), theme.base),
        ((role.Highlight, role.Accent, role.Link), theme.accent),
        ((role.HighlightedText,), theme.on_accent),
    ):
        for each in roles:
            palette.setColor(each, QColor(color))
    for each in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, each, QColor(theme.dim))
    return palette
