"""Heads without a name in the cache of a project, as heads rather than folders."""

from __future__ import annotations

from contextlib import suppress

from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.project.live_heads import cached_head, forget_old_heads, live_head_folder
from studio.core.project.state_key import state_key
from studio.ml.backbones.base import Backbone
from studio.ml.heads.head import Head, load_head, save_head

FIT_RULE = 1  # counts changes of how a head is fitted


def fit_key(project: Project, backbone: Backbone, kernel: str, seed: int = 0) -> str:
    """The key of the head that the project's present would be fitted to, see `state_key`."""
    return state_key(project, "fit", FIT_RULE, backbone.sha256 + backbone.stage, kernel, seed)


def from_cache(project: Project, key: str, backbone: Backbone) -> Head | None:
    """The head under `key` (see `fit_key`), if it is kept and stands on `backbone`."""
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
