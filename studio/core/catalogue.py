"""Weights that other projects publish and that can be had on request: one line each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.core.cards import BackboneCard
from studio.core.control import Control
from studio.core.downloads import RemoteFile, adopt, fetch, problem_of
from studio.core.errors import InputError, StudioError
from studio.core.paths import user_cache

HOST = "https://github.com"
_ZOO = "opencv/opencv_zoo/raw/main/models"
_NANO = "HonglinChu/SiamTrackers/raw/master/NanoTrack/models/nanotrackv2"


@dataclass(frozen=True)
class Item:
    """Weights with a name.

    Attributes:
        kind: tracker, backbone, faces or detector.
        paths: role of each file → (path on the host, bytes, sha256); roles are the names that OpenCV gives them.
        card: for a backbone: what is on its card beyond name, licence, source and sha256.
    """

    name: str
    kind: str
    title: str
    licence: str
    paths: Mapping[str, tuple[str, int, str]]
    card: Mapping[str, Any] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, RemoteFile]:
        return {role: RemoteFile(f"{HOST}/{path}", sha256, size) for role, (path, size, sha256) in self.paths.items()}

    @property
    def bytes(self) -> int:
        return sum(size for _, size, _ in self.paths.values())

    @property
    def folder(self) -> Path:
        return model_folder(self.name)

    @property
    def is_here(self) -> bool:
        return all((self.folder / file.name).is_file() for file in self.files.values())


ITEMS = (
    Item(
        "vittrack",
        "tracker",
        "ViT tracker, for cv2.TrackerVit",
        "Apache-2.0",
        {
            "net": (
                f"{_ZOO}/object_tracking_vittrack/object_tracking_vittrack_2023sep.onnx",
                714_726,
                "2990f0b7cd44d92afa48cd97db6de7be113fc1d9594fddb74e2725c10478e91d",
            )
        },
    ),
    Item(
        "nanotrack",
        "tracker",
        "NanoTrack v2, for cv2.TrackerNano",
        "Apache-2.0",
        {
            "backbone": (
                f"{_NANO}/nanotrack_backbone_sim.onnx",
                1_056_849,
                "530bdd0cd00f19afab79a863e71ba71e3312395a5dc9151af675082bdaaa2fc4",
            ),
            "neckhead": (
                f"{_NANO}/nanotrack_head_sim.onnx",
                726_198,
                "0d8c0637be849f092cc7236cae02e55c8b9455ebe37ba50601d6115db4247cd9",
            ),
        },
    ),
    Item(
        "ppresnet50",
        "backbone",
        "ResNet-50 of PaddlePaddle, embeddings of 2048",
        "Apache-2.0",
        {
            "net": (
                f"{_ZOO}/image_classification_ppresnet/image_classification_ppresnet50_2022jan.onnx",
                102_567_035,
                "ad5486b0de6c2171ea4d28c734c2fb7c5f64fcdbd97180a0ef515cf4b766a405",
            )
        },
        card={"architecture": "onnx", "input_size": 224, "output": "save_infer_model/scale_1.tmp_0"},
    ),
    Item(
        "yunet",
        "faces",
        "Finds faces, for cv2.FaceDetectorYN",
        "MIT",
        {
            "net": (
                f"{_ZOO}/face_detection_yunet/face_detection_yunet_2023mar.onnx",
                232_589,
                "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
            )
        },
    ),
    Item(
        "sface",
        "faces",
        "Tells faces apart, for cv2.FaceRecognizerSF",
        "Apache-2.0",
        {
            "net": (
                f"{_ZOO}/face_recognition_sface/face_recognition_sface_2021dec.onnx",
                38_696_353,
                "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
            )
        },
    ),
    Item(
        "yolox",
        "detector",
        "YOLOX-S, 80 classes of COCO",
        "Apache-2.0",
        {
            "net": (
                f"{_ZOO}/object_detection_yolox/object_detection_yolox_2022nov.onnx",
                35_858_002,
                "c5c2d13e59ae883e6af3b45daea64af4833a4951c92d116ec270d9ddbe998063",
            )
        },
    ),
)


def model_folder(name: str) -> Path:
    """Where weights called `name` are or would be in the user's cache."""
    return user_cache() / "models" / name


def item(name: str) -> Item | None:
    return next((item for item in ITEMS if item.name == name), None)


def find(name: str) -> dict[str, Path]:
    """The verified files of `name` by role (`net`; `backbone` and `neckhead` of nanotrack).

    Raises:
        InputError: unknown, not here (with the command that gets them), or of other content than expected.
    """
    wanted = item(name)
    if wanted is None:
        raise InputError(f"unknown weights {name!r}; there are: {', '.join(item.name for item in ITEMS)}")
    found = {role: wanted.folder / file.name for role, file in wanted.files.items()}
    for role, path in found.items():
        if not path.is_file():
            raise InputError(f"{name} needs {path.name}, which is not here; get it with: studio models get {name}")
        if problem := problem_of(path, wanted.files[role]):
            raise InputError(f"{path} is damaged: {problem}; get it again with: studio models get {name}")
    return found


def get(wanted: Item, control: Control | None = None) -> Path:
    """Download what is missing of `wanted` and return its folder.

    Raises:
        StudioError: it could not be had; the message says how else.
        Cancelled: through `control`.
    """
    for file in wanted.files.values():
        try:
            fetch(file, wanted.folder, control)
        except InputError:
            raise
        except StudioError as error:
            raise StudioError(f"{error}. Or fetch it by other means and run: studio models add {file.name}") from error
    _complete(wanted)
    return wanted.folder


def add(source: Path) -> Item | None:
    """Install `source` if it is a file of the catalogue, known by its content or its name; None where it is not.

    Raises:
        InputError: it has the name of one but not its content; nothing is left behind.
    """
    size = source.stat().st_size
    for wanted in ITEMS:
        for file in wanted.files.values():
            if source.name == file.name or (size == file.bytes and problem_of(source, file) is None):
                adopt(source, file, wanted.folder)
                _complete(wanted)
                return wanted
    return None


def _complete(wanted: Item) -> None:
    """A backbone whose file arrived gets its card, so that it loads like every other."""
    if wanted.card and wanted.is_here:
        file = wanted.files["net"]
        facts = {"name": wanted.name, "licence": wanted.licence, "source": file.url, "sha256": file.sha256}
        card = BackboneCard.model_validate(facts | {"file": file.name} | dict(wanted.card))
        card.write(wanted.folder / "card.json")
