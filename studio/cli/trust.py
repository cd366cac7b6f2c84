"""`studio trust`: let a project of somebody else use media outside its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.core.project import Project
from studio.core.project.approvals import approve
from studio.core.project.media import outside, refuse_changed


def trust(project: Annotated[Path, typer.Argument(help="The project's folder.")]) -> None:
    """Let a project use the media it names outside its folder, and list them."""
    with Project.open(project) as opened:
        found = outside(opened)
        for row, path in found:
            refuse_changed(row, path)
        for row, path in found:
            approve(opened.id, opened.folder, row.size, row.sha256, path)
            print(f"may be read: {path}")
    if not found:
        print("all media of the project may be read already")
