"""Where the program makes a project when it is not asked."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import platformdirs

from studio.core.paths import chosen_home

FOLDER = "Repurpose Studio"
LONGEST = 80  # characters of a folder's name


def projects_folder() -> Path:
    """The folder for projects in the user's documents. It may not exist yet."""
    home = chosen_home()
    return (home / "projects") if home else Path(platformdirs.user_documents_dir()) / FOLDER


def new_project_folder(name: str, inside: Path) -> Path:
    """A folder in `inside` that is not there yet, called like `name` as far as file systems allow."""
    clean = "".join(letter if letter.isprintable() and letter not in '<>:"/\\|?*' else "_" for letter in name)
    clean = clean[:LONGEST].strip(" .") or "Project"
    names = (clean if number == 1 else f"{clean} {number}" for number in count(1))
    return next(path for each in names if not (path := inside / each).exists())
