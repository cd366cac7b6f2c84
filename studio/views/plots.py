"""How pyqtgraph's plots look here. Importing this takes a third of a second, so it is done on a worker first."""

from __future__ import annotations

import pyqtgraph as pg

from studio.views.theme import current


def tint(plot: pg.PlotWidget) -> None:
    """Give a plot and its axes the colours of the theme."""
    theme = current()
    plot.setBackground(theme.base)
    for name in ("left", "bottom"):
        axis = plot.getPlotItem().getAxis(name)
        axis.setPen(pg.mkPen(theme.line))
        axis.setTextPen(pg.mkPen(theme.dim))
        axis.setStyle(tickLength=4)
