"""The head that follows the project stands on the stage that was chosen, and learns corrections there."""

from __future__ import annotations

from studio.core.control import Control
from studio.core.geometry import Box
from studio.core.project.state_key import state_key
from studio.ml.heads.live_cache import FIT_RULE
from studio.ml.networks import Networks
from studio.ml.teaching import FitRequest, Teacher, TeachRequest
from tests.ml.taught_project import make_project, scene
from tests.moving_square import box_at

STAGE = "resnet18-64px@layer2:grid"


def test_each_stage_has_its_own_head_of_the_same_state_and_finds_it_again(tmp_path):
    teacher = Teacher(Networks("cpu"))
    with make_project(tmp_path) as project:
        plain, deep, again = (
            teacher.full(FitRequest(project.folder, name, "linear"), Control()) for name in (None, STAGE, STAGE)
        )
        assert plain.key == state_key(project, "fit", FIT_RULE, plain.head.card.backbone_sha256, "linear", 0)
        assert plain.key != deep.key == again.key and again.cached and not deep.cached
        assert (plain.head.card.backbone, deep.head.card.backbone) == ("resnet18-64px", STAGE)
        assert (plain.head.crop[0].support.shape[1], deep.head.crop[0].support.shape[1]) == (512, 4 * 128)
        wrong = TeachRequest(deep.head, False, "cup", 7, 5, scene(5), Box(8.0, 176.0, 48.0, 48.0))
        taught = teacher.quick(wrong, Control())
        assert taught.head.card.backbone == STAGE and taught.after < 0.5
        right = TeachRequest(taught.head, True, "cup", 7, 5, scene(5), box_at(5))
        assert teacher.quick(right, Control()).after > 0.5
