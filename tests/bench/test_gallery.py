"""`bench gallery` in small: the project it makes is one, and its pictures show their numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.bench import gallery
from studio.core.crop import Crop
from studio.core.crop_pictures import SIDE, CropPictures
from studio.core.geometry import Box
from studio.core.project import Project
from studio.core.project.region_table import read_regions


def test_the_project_is_whole_and_its_crops_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "FRAMES", 4)
    gallery.write_pictures(tmp_path / "stills")
    folder = gallery.make_project(tmp_path / "project", tmp_path / "stills", 40)
    with Project.open(folder) as project:
        assert project.check() == []
        table = read_regions(project)
        assert len(table) == 40 and len(np.unique(table.frames)) == 4 and len(np.unique(table.labels)) == 2
        places = {(int(frame), *box) for frame, box in zip(table.frames, table.boxes.tolist(), strict=True)}
        assert len(places) == 40
        assert (table.boxes[:, 0] + table.boxes[:, 2] <= gallery.SIZE[0]).all()
        assert (table.boxes[:, 1] + table.boxes[:, 3] <= gallery.SIZE[1]).all()
        pictures = CropPictures(project, keep=False)
        crops = [Crop(int(table.media[n]), int(table.frames[n]), Box(*table.boxes[n].tolist())) for n in range(40)]
        made = pictures.make(crops)
        pictures.close()
        assert all(picture is not None and picture.shape == (SIDE, SIDE, 3) for picture in made.values())
        assert project.next_undo().text == "import 40 crops"
