"""The tools of the canvas, a small class each, by the names that `SessionState.tool` has."""

from __future__ import annotations

from studio.views.video.tools.base import Stage, Tool
from studio.views.video.tools.draw import AreaTool, DrawTool, IgnoreTool
from studio.views.video.tools.pan import PanTool
from studio.views.video.tools.select import SelectTool

TOOLS: dict[str, type[Tool]] = {
    "select": SelectTool,
    "draw": DrawTool,
    "ignore": IgnoreTool,
    "area": AreaTool,
    "pan": PanTool,
}

__all__ = ["TOOLS", "AreaTool", "DrawTool", "IgnoreTool", "PanTool", "SelectTool", "Stage", "Tool"]
