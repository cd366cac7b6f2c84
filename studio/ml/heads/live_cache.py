"""Heads without a name in the cache of a project, as heads rather than folders."""

from __future__ import annotations

from contextlib import suppress

from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.project.live_heads import cached_head, forget_old_heads, live_head_folder
from studio.ml.backbones.base import Backbone
from studio.ml.heads.head import Head, load_head, save_head


def from_cache(project: Project, key: str, backbone: Backbone) -> Head | None:
    """The head under `key` (see `state_key`), if it is kept and stands on `backbone`."""
    folder = cached_head(project, key)
    if folder is None:
        return None
    try:
        head = load_head(folder)
        head.check(backbone)
    except InputError:  # a cache may hold anything: then it holds nothing
        return None
    return head


def to_cache(project: Project, key: str, head: Head) -> Head:
    """`head` with its hash, in the cache; as it is where the cache cannot be written."""
    with suppress(OSError, InputError):
        head = save_head(head, live_head_folder(project, key))
        forget_old_heads(project)
    return head
