"""The layers of whatever has a name; of a head its backbone as far as it needs it, then its own parts."""

from __future__ import annotations

import pytest

from studio.core.errors import InputError
from studio.core.paths import user_cache
from studio.ml.backbones import install
from studio.ml.looking.listing import list_head, list_network
from tests.ml.backbones import graphs
from tests.ml.looking.heads import head


def test_a_head_is_its_backbone_up_to_the_embedding_and_its_machines():
    found = list_head(head("resnet18-64px", 512, channels=128))
    rows = {row.name: row for row in found.rows}
    names = list(rows)
    assert names[-4:] == ["avgpool", "svm.cup", "search.cup", "boxes.cup"]
    assert found.inside == names.index("svm.cup") == len(list_network(None).rows) - 1  # all but the classifier
    assert rows["svm.cup"].parameters == 3 * 512 + 3 + 1 and rows["svm.cup"].receptive_field == 64
    cells, search = rows["layer2.1.relu#2"], rows["search.cup"]
    assert search.shape == (1, 8 - 4 + 1, 8 - 5 + 1) and search.parameters == 128 * 4 * 5 + 1
    assert (search.receptive_field, search.stride) == (cells.receptive_field + 4 * 8, 8)
    assert rows["boxes.cup"].shape == (4, 5, 4)


@pytest.mark.parametrize(("pooling", "dimensions"), [("avg", 256), ("max", 256), ("grid", 1024)])
def test_a_head_on_a_stage_ends_there(pooling, dimensions):
    found = list_head(head(f"resnet18-64px@layer3:{pooling}", dimensions))
    names = [row.name for row in found.rows]
    assert names[-3:] == ["layer3.1.relu#2", "pooling", "svm.cup"] and found.inside == len(names) - 2
    assert found.rows[-2].shape == (dimensions,)


def test_a_head_on_a_graph_and_one_whose_backbone_is_not_here(tmp_path):
    user_cache().mkdir(parents=True, exist_ok=True)
    install.add_graph(graphs.write(tmp_path / "talk.onnx"), "talk", {"input_size": graphs.SIDE})
    listing = list_network("talk")
    assert listing.input_size == graphs.SIDE and listing.inside == len(listing.rows) and listing.file is not None
    found = list_head(head("talk", 6))
    assert [row.name for row in found.rows[-2:]] == ["pooling", "svm.cup"]
    assert found.inside == len(found.rows) - 2 and found.file == listing.file
    with pytest.raises(InputError, match="resnet50, which is not here"):
        list_head(head("resnet50", 2048))
