"""The user's own kernels: `kernels/NAME.json` in the project's folder, a chain of steps each.

Like heads they are files, not rows: undo knows nothing of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from studio.core.errors import InputError
from studio.core.project.folders import KERNELS, own_folder
from studio.core.project.heads import is_head_name
from studio.core.project.project import Project

if TYPE_CHECKING:
    from studio.core.kernels.chain import Chain  # with numpy, which the first window does without

FOLDER, SUFFIX = KERNELS, ".json"


def is_kernel_file(name: str) -> bool:
    """Whether a file of this name in the folder can be a kernel's; on every system."""
    return name.endswith(SUFFIX) and is_head_name(name.removesuffix(SUFFIX))


def kernel_file(project: Project, name: str) -> Path:
    """The file of the kernel `name`, whether it is there or not.

    Raises:
        InputError: it cannot be called so, or its place is a link.
    """
    if not is_head_name(name):
        raise InputError(f"a kernel cannot be called {name!r}; use letters, digits, '_', '-' and '.', no '.' first")
    file = own_folder(project.folder, FOLDER) / f"{name}{SUFFIX}"
    if file.is_symlink():
        raise InputError(f"{file} is a link; kernels live in the project's own folder")
    return file


def kernel_names(project: Project) -> list[str]:
    """Names of the project's own kernels, sorted."""
    folder = own_folder(project.folder, FOLDER)
    files = folder.iterdir() if folder.is_dir() else ()
    return sorted(file.stem for file in files if is_kernel_file(file.name) and file.is_file())


def read_kernel(project: Project, name: str) -> Chain:
    """One of the project's own kernels.

    Raises:
        InputError: there is none of this name, or its file is not valid.
    """
    from studio.core.kernels.chain import read_chain

    return read_chain(_known(project, name))


def save_kernel(project: Project, name: str, chain: Chain) -> None:
    """Keep `chain` in the project under a new `name`.

    Raises:
        InputError: a name that is impossible or taken, also by steps that come with the program, or a read-only
            project.
    """
    from studio.core.kernels.chain import chain_text, shipped

    file = kernel_file(project, name)
    if name.casefold() in shipped():
        raise InputError(f"{name} is the name of steps that come with the program; choose another name")
    if any(name.casefold() == taken.casefold() for taken in kernel_names(project)):
        raise InputError(f"there is a kernel {name} already; choose another name, or delete it first")
    with project.writing():  # nothing is written, but a project that is open for reading says so
        file.parent.mkdir(exist_ok=True)
        partial = file.with_name(f".{file.name}.partial")
        try:
            partial.write_text(chain_text(chain), encoding="utf-8")
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)


def delete_kernel(project: Project, name: str) -> None:
    """Delete one of the project's own kernels. There is no undo.

    Raises:
        InputError: no such kernel, or a read-only project.
    """
    file = _known(project, name)
    with project.writing():
        file.unlink()


def kernel_problems(project: Project) -> list[str]:
    """A sentence for every file of a kernel that cannot be used."""
    try:
        names = kernel_names(project)
    except InputError as error:
        return [str(error)]
    found = []
    for name in names:
        try:
            read_kernel(project, name)
        except InputError as error:
            found.append(str(error))
    return found


def _known(project: Project, name: str) -> Path:
    if name not in (names := kernel_names(project)):
        raise InputError(f"unknown kernel {name!r}; the project has: {', '.join(names) or 'none of its own'}")
    return kernel_file(project, name)
