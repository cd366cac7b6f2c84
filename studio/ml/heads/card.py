"""The card of a head: what was trained, on what, and what it is good for."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from studio.core.cards import BackboneCard, Card
from studio.core.project import BACKGROUND
from studio.core.project.heads import are_labels
from studio.core.stages import HEAD

SVM_HEAD = "svm-head-1"  # names the layout of the tensors: kernel machines, one a label
NETWORK_HEAD = "network-head-1"  # dense layers that all labels share, with or without a network of its own


class NetworkPart(BaseModel):
    """How to build and feed the network that a head brings along; as for `BackboneCard`.

    Attributes:
        architecture: a classification network of torchvision, or one of `studio.ml.classics.CLASSICS`.
        classes: outputs of its last layer.
        sha256: of its tensors, see `studio.ml.heads.own_network.network_sha256`; cached features go by it.
        embeds_by_output: its last layer is no classifier but part of the embedding, as metric learning has it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: str = Field(min_length=1)
    input_size: int = Field(ge=8, le=4096)
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    map_layer: str | None = None
    classes: int = Field(ge=1)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    embeds_by_output: bool = False


class HeadCard(Card):
    """The card of a head.

    Attributes:
        backbone, backbone_sha256: what it stands on; it is of no use on anything else. Where it brings a network of its
            own: what that was before it was trained (a backbone, or an architecture), and the sha256 of its tensors.
        labels: in the order of its parts or outputs; different, and each a name that a label can have.
        recipe: that trained it.
        kernel: of the crop part: "rbf" or "linear"; empty where it has layers.
        background: the layers have one output more than labels, the last one: it is none of them.
        network: of its own; None where it uses a backbone as it is.
        window_side: pixels, the usual side of the crops it was trained on.
        dense: whether it has dense parts; `why_not_dense` says why where it has none.
        searched_sizes: for each label the least and largest √(width × height) in pixels that its dense part looks for.
        history: position of the project's history it was trained at.
        project: id of that project; "" in cards of older versions.
        seed: of the training.
    """

    backbone: str
    backbone_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    labels: list[str]
    recipe: str = "svm"
    kernel: str = Field("", pattern="^(rbf|linear|)$")
    background: bool = False
    network: NetworkPart | None = None
    window_side: int = Field(ge=1, le=100_000)
    dense: bool
    why_not_dense: str | None = None
    searched_sizes: dict[str, tuple[float, float]] = Field(default_factory=dict)
    history: int = Field(ge=0)
    project: str = ""
    seed: int = 0

    @field_validator("labels")
    @classmethod
    def _names(cls, labels: list[str]) -> list[str]:
        if not are_labels(labels):
            raise ValueError("must be different names of printable characters, one or more")
        return labels

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.architecture == SVM_HEAD and (self.network is not None or self.background or not self.kernel):
            raise ValueError(f"a head of kind {SVM_HEAD} has a kernel, no network of its own and no background")
        if self.background and BACKGROUND in self.labels:
            raise ValueError(f"{BACKGROUND} is no label, but what is left where nothing is one")
        if self.network is not None and (self.network.sha256 != self.backbone_sha256 or "@" in self.backbone):
            raise ValueError("backbone_sha256 is not that of its own network, or backbone names a layer inside of one")
        return self

    @property
    def outputs(self) -> list[str]:
        """What the outputs of the layers stand for: the labels, and background where it is one."""
        return [*self.labels, BACKGROUND] if self.background else list(self.labels)

    def backbone_card(self) -> BackboneCard:
        """Its own network as a backbone, called `head:NAME`.

        Raises:
            ValueError: it has none.
        """
        if self.network is None:
            raise ValueError(f"the head {self.name} has no network of its own")
        facts = self.network.model_dump(exclude={"embeds_by_output"})
        outputs = self.outputs
        named = not self.network.embeds_by_output and self.network.classes == len(outputs)
        return BackboneCard(
            **facts,
            name=f"{HEAD}{self.name}",
            licence=self.licence,
            source=self.source,
            class_names=tuple(outputs) if named else None,
        )
