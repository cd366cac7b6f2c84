"""What the network under a head is called."""

from __future__ import annotations

from studio.core.stages import split_stage
from studio.state.looking import HEAD
from studio.state.session import ActiveHead


def network_of_head(head: ActiveHead | None) -> str:
    """The network that `head` stands on, as `LookingState.network` has it; "" where there is no head."""
    if head is None:
        return ""
    card = head.head.card
    return split_stage(card.backbone)[0] if card.network is None else f"{HEAD}{head.name}"
