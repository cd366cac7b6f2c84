"""A property of shown state that tells when it changes."""

from __future__ import annotations

from typing import Any, Generic, Self, TypeVar, overload

from PySide6.QtCore import QObject

T = TypeVar("T")


class Shown(Generic[T]):
    """An attribute `name` of a QObject that emits its signal `name_changed` with the new value when that differs.

    The owner declares the signal beside it: `frame = Shown(0)` and `frame_changed = Signal(object)`.
    """

    def __init__(self, default: T) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, owner: None, kind: type) -> Self: ...
    @overload
    def __get__(self, owner: QObject, kind: type) -> T: ...
    def __get__(self, owner: QObject | None, kind: type) -> Any:
        return self if owner is None else owner.__dict__.get(self._name, self._default)

    def __set__(self, owner: QObject, value: T) -> None:
        if self.__get__(owner, type(owner)) != value:
            owner.__dict__[self._name] = value
            getattr(owner, f"{self._name}_changed").emit(value)
