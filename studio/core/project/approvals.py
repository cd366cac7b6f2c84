"""Which media outside a project's folder this user agreed to: kept with the user, never in the project.

An approval names a project and the content of a medium, so it still holds after either was moved, and a project that
comes back from somebody else with another file behind the same row asks again.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from studio.core.paths import user_data


def _file(project_id: str, size: int, sha256: str) -> Path:
    name = hashlib.sha256(f"{project_id}\0{size}\0{sha256}".encode()).hexdigest()[:32]
    return user_data() / "approved" / f"{name}.json"


def approve(project_id: str, folder: Path, size: int, sha256: str, path: Path) -> None:
    """Let the project with this id, now in `folder`, use the medium of this content, now at `path` (absolute)."""
    file = _file(project_id, size, sha256)
    file.parent.mkdir(parents=True, exist_ok=True)
    document = {"project": project_id, "folder": str(folder), "path": str(path), "size": size, "sha256": sha256}
    unfinished = file.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(document, indent=2), encoding="utf-8")
    unfinished.replace(file)


def approved_path(project_id: str, size: int, sha256: str) -> Path | None:
    """Where the medium lay when the user approved it for this project; None where the user never did."""
    try:
        document = json.loads(_file(project_id, size, sha256).read_text(encoding="utf-8"))
        return Path(document["path"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
