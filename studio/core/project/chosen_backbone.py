"""The backbone that the next heads of a project are trained on, where the user chose one."""

from __future__ import annotations

from studio.core.errors import InputError
from studio.core.project.project import Project
from studio.core.project.row_checks import is_name
from studio.core.stages import split_stage


def chosen_backbone(project: Project) -> str | None:
    """Its name, as `load_backbone` takes it; None where none was chosen: the bundled one."""
    with project.reading():
        found = project.connection.execute("SELECT value FROM facts WHERE name = 'backbone'").fetchone()
    return str(found[0]) if found and _is_backbone(found[0]) else None


def set_chosen_backbone(project: Project, name: str | None) -> None:
    """Choose it; None: the bundled one. A choice, no edit: it is not in the history, and trained heads stay.

    Raises:
        InputError: no name, or a read-only project.
    """
    if name is not None and not _is_backbone(name):
        raise InputError(f"a backbone cannot be called {name!r}")
    with project.writing() as connection:
        connection.execute("DELETE FROM facts WHERE name = 'backbone'")
        if name is not None:
            connection.execute("INSERT INTO facts VALUES ('backbone', ?)", (name,))


def _is_backbone(name: object) -> bool:
    if not is_name(name):
        return False
    try:
        split_stage(str(name))
    except InputError:
        return False
    return True
