"""`studio bench`: what is measured, each beside a reference in the same process."""

from __future__ import annotations

import inspect
import time
from importlib import import_module
from typing import Annotated, Any

import typer

from studio.cli.manners import DeviceOption, JsonFlag, Progress, print_json, say
from studio.core.errors import InputError

# Each is a module of studio.bench with `run(control) -> dict` or, where it computes, `run(control, compute) -> dict`;
# the document has at least `ratio` (ours against the reference; 1 is as fast) and `reference` (what that is).
BENCHMARKS = (
    "embed",
    "fit",
    "gallery",
    "hooks",
    "label",
    "maps",
    "memory",
    "search",
    "seek",
    "start",
    "teach",
    "train",
    "window",
)


def bench(
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(BENCHMARKS)}.")],
    device: DeviceOption = "auto",
    json: JsonFlag = False,
) -> None:
    """Measure a part of the program beside its reference."""
    if name not in BENCHMARKS:
        raise InputError(f"unknown benchmark {name!r}; there are: {', '.join(BENCHMARKS)}")
    from studio.ml.device import choose, processor_capabilities

    run = import_module(f"studio.bench.{name}").run
    arguments: list[Any] = []
    if len(inspect.signature(run).parameters) > 1:
        compute = choose(device)
        say(compute.reason)
        arguments.append(compute)
    started = time.perf_counter()
    with Progress(f"bench {name}") as control:
        result = run(control, *arguments)
    spent = round(time.perf_counter() - started, 3)
    document = {"name": name, "seconds": spent, **result, "processor": processor_capabilities()}
    if json:
        print_json(document)
        return
    for key, value in document.items():
        print(f"{key}: {value}")
