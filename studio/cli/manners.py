"""How every command speaks: results on standard output, all else on standard error, one line for an error."""

from __future__ import annotations

import json
import re
import sys
import time
from typing import Annotated, Any

import typer

from studio.core.control import Control
from studio.core.project.row_checks import printable

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
FIRST_AFTER = 1.0  # seconds of work until a progress line is shown
LIVE_EVERY, PLAIN_EVERY = 0.1, 10.0  # seconds between them: on a terminal, elsewhere
FORESEEN = 0.02  # of the work must be done before it is said how long the rest takes

DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:N or mps.")]
SeedOption = Annotated[int, typer.Option("--seed", help="The same seed gives the same result on this machine.")]


def say(text: str) -> None:
    """A message on standard error; what would steer a terminal becomes a question mark."""
    print("\n".join(map(printable, text.split("\n"))), file=sys.stderr, flush=True)


def print_json(document: Any) -> None:  # noqa: ANN401 - anything that JSON can hold
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    print(re.sub("[\x7f-\x9f\u2028\u2029\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text))


class Progress:
    """A progress line on standard error with rate and time left, shown once the work has lasted a second.

    On a terminal the line is rewritten; elsewhere a plain line comes now and then.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self.control = Control(on_progress=self._update)
        self._since = time.monotonic(), 0.0  # when the part of the work began that is under way, and at which fraction
        self._last = 0.0
        self._live = sys.stderr.isatty()
        self._due = self._since[0] + FIRST_AFTER
        self._shown = False

    def _update(self, fraction: float, text: str) -> None:
        now = time.monotonic()
        if fraction < self._last:  # another part begins, which has its own pace
            self._since = now, fraction
        self._last = fraction
        if now < self._due:
            return
        self._due = now + (LIVE_EVERY if self._live else PLAIN_EVERY)
        began, before = self._since
        done = fraction - before
        left = f", {_clock((now - began) * (1 - fraction) / done)} left" if done >= FORESEEN else ""
        line = printable(f"{self.title}: {fraction:4.0%} {text}{left}")
        if self._live:
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()
            self._shown = True
        else:
            say(line)

    def __enter__(self) -> Control:
        return self.control

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(max(seconds, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
