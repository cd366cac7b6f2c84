"""Makes a data set of frames with several kinds of objects: pictures of classes pasted into frames of a video.

    python tools/pasted_objects.py CLASSES VIDEO OUT --kinds dog horse automobile truck

CLASSES holds train/KIND and test/KIND. The frames of the first half of the video are for training, the others for the
test. OUT is a YOLO data set with both splits, which `studio import` reads; `studio evaluate` then says for each kind
how well it is found and told from the others.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import cv2
import numpy as np

SIZE = 320, 240
OBJECTS, SMALLEST, LARGEST, APART = 3, 52, 76, 4  # in a frame; their sides in pixels; pixels between two


def frames_of(video: Path) -> list[np.ndarray]:
    capture, frames = cv2.VideoCapture(str(video)), []
    while (read := capture.read())[0]:
        frames.append(cv2.resize(read[1], SIZE))
    return frames


def pasted(frame: np.ndarray, objects: list[tuple[int, Path]], chance: random.Random) -> list[str]:
    """Paste what finds room; returns YOLO's lines."""
    lines, taken, (width, height) = [], [], SIZE
    for kind, picture in objects:
        side = chance.randint(SMALLEST, LARGEST)
        for _ in range(50):
            x, y = chance.randint(APART, width - side - APART), chance.randint(APART, height - side - APART)
            if all(max(abs(x - a) - max(side, s), abs(y - b) - max(side, s)) > APART for a, b, s in taken):
                taken.append((x, y, side))
                frame[y : y + side, x : x + side] = cv2.resize(
                    cv2.imread(str(picture)), (side, side), interpolation=cv2.INTER_CUBIC
                )
                half = side / 2
                lines.append(f"{kind} {(x + half) / width} {(y + half) / height} {side / width} {side / height}")
                break
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("classes", "video", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--kinds", nargs="+", required=True)
    asked = parser.parse_args()
    chance, frames = random.Random(0), frames_of(asked.video)
    halves = {"train": frames[: len(frames) // 2], "test": frames[len(frames) // 2 :]}
    for split, backgrounds in halves.items():
        folders = [asked.out / part / split for part in ("images", "labels")]
        for folder in folders:
            folder.mkdir(parents=True)
        pool = [
            (at, path)
            for at, kind in enumerate(asked.kinds)
            for path in sorted((asked.classes / split / kind).iterdir())
        ]
        chance.shuffle(pool)
        for number in range(0, len(pool), OBJECTS):
            frame = np.roll(chance.choice(backgrounds), chance.randrange(SIZE[0]), 1)
            lines = pasted(frame, pool[number : number + OBJECTS], chance)
            cv2.imwrite(str(folders[0] / f"{number:05}.png"), frame)
            (folders[1] / f"{number:05}.txt").write_text("\n".join(lines))
    names = ", ".join(asked.kinds)
    (asked.out / "data.yaml").write_text(f"path: .\ntrain: images/train\ntest: images/test\nnames: [{names}]\n")


if __name__ == "__main__":
    main()
