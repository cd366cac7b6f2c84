"""Searches that the user keeps: a name for what stands in the filter line."""

from __future__ import annotations

from dataclasses import replace

from studio.core.errors import InputError
from studio.core.project import Edit, Project, SearchRow, new_id


def save_search(project: Project, name: str, text: str) -> Edit:
    """Keep `text` under a name; a search of that name becomes this one.

    Raises:
        InputError: a search cannot be called so, or the line is empty or too long.
    """
    known = next((row for row in project.searches() if row.name == name), None)
    if known is not None:
        return Edit.rows(f"change search {name}", [replace(known, text=text)])
    return Edit.rows(f"save search {name}", [SearchRow(new_id(), name, text)])


def rename_search(project: Project, search: int, name: str) -> Edit:
    """Raises `InputError` where the name is taken, or cannot be one."""
    row = _search(project, search)
    if any(each.name == name and each.id != search for each in project.searches()):
        raise InputError(f"there is a search {name!r} already")
    return Edit.rows(f"rename search {row.name} to {name}", [replace(row, name=name)])


def delete_search(project: Project, search: int) -> Edit:
    """Forget a search; the crops stay."""
    row = _search(project, search)
    return Edit.removal(f"delete search {row.name}", [row])


def _search(project: Project, search: int) -> SearchRow:
    found = next((row for row in project.searches() if row.id == search), None)
    if found is None:
        raise InputError("this search is not there any more")
    return found
