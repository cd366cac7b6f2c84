"""What the excites part computes on the lanes: frames and crops put into lists, a picture climbed to, one saved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.controllers.networks import LaneNetworks
from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.stages import HEAD
from studio.core.top_places import TopPlaces, place_of
from studio.state.session import ShownFrame

if TYPE_CHECKING:
    from studio.ml.heads.head import Head
    from studio.ml.looking.exciting import LookedThrough
    from studio.ml.looking.maximise import Imagined
    from studio.ml.looking.network import LookedNetwork
    from studio.ml.networks import Networks

SEED = 0


@dataclass(frozen=True)
class Looked:
    """The layer that is looked at.

    Attributes:
        network: its name; "" for the bundled one.
        head: the folder of a trained head whose network it is instead; None: of none.
        layer: its name, or "" for the first convolution.
    """

    network: str
    head: Path | None
    layer: str


class Collected:
    """What was collected of one layer; workers fill it, the window reads. A lane fills the lists of its own.

    Attributes:
        looked: the layer.
        title: the names of the layer and its network, once they are known.
        patches, crops: the lists of the video and of the gallery, once they are begun.
        problem: why frames cannot be looked at; "" where they can.
    """

    def __init__(self, looked: Looked) -> None:
        self.looked = looked
        self.title = ""
        self.patches: TopPlaces | None = None
        self.crops: TopPlaces | None = None
        self.problem = ""

    @property
    def channels(self) -> int:
        """How many the layer has; 0: not known yet."""
        begun = self.patches or self.crops
        return begun.channels if begun is not None else 0


@dataclass(frozen=True, eq=False)
class Climbed:
    """The end of a climb.

    Attributes:
        imagined: the picture.
        strongest: what the strongest cell of the channel puts out for it, as the lists have it; None for a label.
    """

    imagined: Imagined
    strongest: float | None


def look_at(networks: LaneNetworks, collected: Collected, frame: ShownFrame, rate: float, control: Control) -> bool:
    """Put a frame into the lists of the video, on the live lane; `rate` as for `place_of`.

    Returns:
        Whether the network has such a layer.
    """
    from studio.ml.looking.exciting import on_frame
    from studio.ml.looking.maps import has_layer

    live, looked = networks.on("live"), collected.looked
    control.checkpoint()

    def look() -> bool:
        network, layer = _layer(live, looked)
        if not has_layer(network, layer):
            return False
        found = on_frame(network, layer, frame.picture)
        collected.title = f"{layer} of {network.name}"
        if collected.patches is None:
            collected.patches = TopPlaces(len(found.values))
        place = place_of(frame.medium, frame.number, rate)
        collected.patches.add(frame.medium, frame.number, place, found, frame.picture)
        return True

    return live.on_device(look)


def look_through_gallery(networks: LaneNetworks, collected: Collected, folder: Path, control: Control) -> LookedThrough:
    """Put the crops of the project into the lists of the gallery, from the beginning; on the compute lane."""
    control.progress(0.0, "loading the network")
    from studio.ml.looking.exciting import channels_of, look_through

    compute, looked = networks.on("compute"), collected.looked

    def look() -> LookedThrough:
        network, layer = _layer(compute, looked)
        collected.title = f"{layer} of {network.name}"
        collected.crops = TopPlaces(channels_of(network, layer))
        return look_through(network, layer, folder, collected.crops, control)

    return compute.on_device(look)


def imagine_channel(networks: LaneNetworks, looked: Looked, channel: int, control: Control) -> Climbed:
    """Climb to what `channel` answers to most, on the batch lane; publishes `Imagined`."""
    control.progress(0.0, "loading the network")
    from studio.ml.looking.exciting import strongest_in
    from studio.ml.looking.maximise import maximise, side_for
    from studio.ml.reasons.scores import ChannelMean

    batch = networks.on("batch")

    def climb() -> Climbed:
        network, layer = _layer(batch, looked)
        found = maximise(network, ChannelMean(network, layer, channel), side_for(network), SEED, control)
        return Climbed(found, strongest_in(network, layer, channel, found.picture))

    return batch.on_device(climb)


def imagine_label(networks: LaneNetworks, head: Head, label: str, control: Control) -> Climbed:
    """Climb to what the crop part of `head` takes most for `label`, on the batch lane; publishes `Imagined`."""
    control.progress(0.0, "loading the network")
    from studio.ml.looking.maximise import maximise, side_for
    from studio.ml.reasons.scores import of_crop

    batch = networks.on("batch")

    def climb() -> Climbed:
        network = batch.looked_of(head)
        return Climbed(maximise(network, of_crop(network, head, label), side_for(network), SEED, control), None)

    return batch.on_device(climb)


def save_picture(picture: NDArray[np.uint8], path: Path, control: Control) -> None:
    """Write uint8 `(h, w, 3)` RGB as a PNG file, on the disk lane.

    Raises:
        InputError: there is something already, or it cannot be written.
    """
    import cv2  # the window starts without it

    _, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    try:
        with path.open("xb") as file:
            file.write(data.tobytes())
    except FileExistsError:
        raise InputError(f"{path} is there already, and nothing is overwritten; choose another name") from None
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}; choose another place") from None


def _layer(networks: Networks, looked: Looked) -> tuple[LookedNetwork, str]:
    from studio.ml.looking.exciting import layer_called

    network = networks.looked(looked.network or None if looked.head is None else f"{HEAD}{looked.head}")
    return network, layer_called(network, looked.layer)
