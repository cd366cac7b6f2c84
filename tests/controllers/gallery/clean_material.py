"""Pictures of a square on a ground with a crop of each, some wrong and some twice."""

from __future__ import annotations

from pathlib import Path

import cv2

from studio.core.geometry import Box
from studio.core.project import Edit, Project, RegionRow, new_id
from studio.core.project.labels import make_label
from studio.core.project.media import add_medium
from tests.moving_square import HEIGHT, WIDTH, box_at, picture

PICTURES = 14
FLIPPED = 5  # the picture whose square is called hand


def ground_at(number: int) -> Box:
    """A part of the ground, another one of each picture, away from the square."""
    x = 250.0 if box_at(number).x < 150 else 10.0
    return Box(x, 20.0 + 5 * number, 48, 48)


def row(project: Project, label: str, frame: int, box: Box) -> RegionRow:
    where = (new_id(), project.media()[0].id, frame, project.label(label).id, None)
    return RegionRow(*where, *map(float, box), "human", True, None, False, "visible")


def make_project(folder: Path) -> Path:
    """A closed project: "cup" is the square, "hand" the ground; of picture 0 the hand is there three times."""
    with Project.create(folder / "project") as project:
        pictures = project.folder / "media" / "pictures"
        pictures.mkdir(parents=True)
        for number in range(PICTURES):
            cv2.imwrite(str(pictures / f"{number:02}.png"), picture(2 * number)[:, :, ::-1])
        add_medium(project, pictures, "stills", PICTURES, WIDTH, HEIGHT)
        project.apply(Edit.rows("labels", [make_label(project, "cup")]))
        project.apply(Edit.rows("labels", [make_label(project, "hand")]))
        rows = []
        for number in range(PICTURES):
            rows.append(row(project, "hand" if number == FLIPPED else "cup", number, box_at(2 * number)))
            rows.append(row(project, "hand", number, ground_at(2 * number)))
        rows += [row(project, "hand", 0, ground_at(0)) for _ in range(2)]
        project.apply(Edit.rows("draw", rows))
        return project.folder
