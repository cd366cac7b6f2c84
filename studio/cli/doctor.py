"""`studio doctor`: what is installed, what computes, and what is in the way."""

from __future__ import annotations

import os
import platform
import shutil
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from typing import Any

import typer

from studio import __version__
from studio.cli.manners import JsonFlag, print_json
from studio.core.files import size_text
from studio.core.paths import MODELS, user_cache

# Distribution, what is imported of it, and whether the main job stands still without it.
NEEDED = (
    ("numpy", "numpy"),
    ("opencv-contrib-python-headless", "cv2"),
    ("av", "av"),
    ("torch", "torch"),
    ("torchvision", "torchvision"),
    ("scikit-learn", "sklearn"),
)
OPENCV = ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")
WINDOW = "PySide6.QtGui"

# Missing shared library → packages that have it: Debian and Ubuntu, Fedora.
LIBRARIES = {
    "libGL.so.1": ("libgl1", "mesa-libGL"),
    "libEGL.so.1": ("libegl1", "mesa-libEGL"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2"),
    "libgthread-2.0.so.0": ("libglib2.0-0", "glib2"),
    "libgomp.so.1": ("libgomp1", "libgomp"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11"),
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs"),
    "libSM.so.6": ("libsm6", "libSM"),
    "libXext.so.6": ("libxext6", "libXext"),
}


def doctor(json: JsonFlag = False) -> None:
    """Say what is installed, which device computes and why, and what is in the way."""
    report = examine()
    if json:
        print_json(report)
    else:
        _print(report)
    if not report["healthy"]:
        raise typer.Exit(1)


def examine() -> dict[str, Any]:
    """Everything the command reports, as one document; `healthy` is false where the main job cannot run."""
    problems = [problem for distribution, module in NEEDED if (problem := import_problem(distribution, module))]
    if clash := opencv_clash(installed_opencv()):
        problems.append(clash)
    if not (MODELS / "resnet18-64px" / "weights.safetensors").is_file():
        problems.append(f"the bundled backbone is missing in {MODELS}; install studio again")
    notes = [] if find_version("PySide6-Essentials") is None else window_notes()
    return {
        "healthy": not problems,
        "problems": problems,
        "notes": notes,
        "versions": {"studio": __version__, "python": platform.python_version(), "system": platform.platform()}
        | {distribution: find_version(distribution) for distribution, _ in NEEDED},
        "device": _device(),
        "window": _window(),
        "cache": _cache(),
        "opencv": installed_opencv(),
    }


def import_problem(distribution: str, module: str) -> str | None:
    """Why `module` cannot be imported and what to do; None where it can."""
    try:
        import_module(module)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in a broken installation is the finding
        return explain(distribution, error)
    return None


def explain(distribution: str, error: Exception) -> str:
    """One line for a failed import, with the command that mends it."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    for library, (debian, fedora) in LIBRARIES.items():
        if library in text:
            return (
                f"{distribution} needs the system library {library}: "
                f"sudo apt-get install {debian}, or sudo dnf install {fedora}"
            )
    if isinstance(error, ModuleNotFoundError):
        return f"{distribution} is not installed: python -m pip install {distribution}"
    return f"{distribution} cannot be imported ({text}): python -m pip install --force-reinstall {distribution}"


def installed_opencv() -> list[str]:
    """The distributions of OpenCV in this environment, all of which write the same package `cv2`."""
    names = {(entry.metadata["Name"] or "").lower().replace("_", "-") for entry in distributions()}
    return sorted(names.intersection(OPENCV))


def opencv_clash(found: list[str]) -> str | None:
    """What to do about several builds of OpenCV beside each other; None where there is one at most."""
    if len(found) < 2:
        return None
    return (
        f"{' and '.join(found)} are installed beside each other and overwrite each other's files: "
        f"python -m pip uninstall --yes {' '.join(found)}, then "
        "python -m pip install opencv-contrib-python-headless"
    )


def find_version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def window_notes() -> list[str]:
    """What keeps the window from opening; the command line does without it."""
    problem = import_problem("PySide6-Essentials", WINDOW)
    return [problem] if problem else []


def _device() -> dict[str, Any]:
    try:
        from studio.ml.device import choose, gpu_problem
    except ImportError as error:
        return {"device": None, "reason": str(error).splitlines()[0]}
    compute = choose("auto")
    return {
        "device": str(compute.device),
        "dtype": str(compute.dtype).removeprefix("torch."),
        "reason": compute.reason,
        "no_gpu_because": gpu_problem(),
        "capabilities": dict(compute.capabilities),
    }


def _window() -> dict[str, Any]:
    found = find_version("PySide6-Essentials")
    if found is None:
        return {"installed": False, "platform": None, "text": "not installed; the command line does without it"}
    return {"installed": True, "platform": qt_platform(), "text": f"PySide6 {found}, platform {qt_platform()}"}


def qt_platform() -> str:
    """The platform Qt would take here, without starting it."""
    if chosen := os.environ.get("QT_QPA_PLATFORM"):
        return chosen
    if platform.system() in ("Windows", "Darwin"):
        return {"Windows": "windows", "Darwin": "cocoa"}[platform.system()]
    if os.environ.get("WAYLAND_DISPLAY"):
        return "wayland"
    return "xcb" if os.environ.get("DISPLAY") else "none (no display; QT_QPA_PLATFORM=offscreen runs without)"


def _cache() -> dict[str, Any]:
    folder = user_cache()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
    return {"folder": str(folder), "bytes": size, "free_bytes": shutil.disk_usage(Path(there)).free}


def _print(report: dict[str, Any]) -> None:
    for name, found in report["versions"].items():
        print(f"{name:31} {found or 'not installed'}")
    print(f"{'device':31} {report['device']['reason']}")
    units = [name for name, value in report["device"].get("capabilities", {}).items() if value is True]
    print(f"{'processor units':31} {', '.join(units) or 'none known'}")
    print(f"{'window':31} {report['window']['text']}")
    folder, size, free = report["cache"].values()
    print(f"{'cache':31} {folder}, {size_text(size)}; {size_text(free)} free on its disk")
    for note in report["notes"]:
        print(f"note: {note}")
    for problem in report["problems"]:
        print(f"problem: {problem}")
    print(
        "all that the main job needs is here" if report["healthy"] else "the main job cannot run until this is mended"
    )
