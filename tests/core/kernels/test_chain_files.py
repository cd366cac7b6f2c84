"""Steps in files and as typed text: they come back, and what is wrong is one sentence."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.kernels.chain import Clip, Pool, Relu, chain_called, chain_text, read_chain
from studio.core.kernels.compute import run_chain
from studio.core.kernels.kernel import PRESETS, parse_kernel
from tests.core.kernels.steps import chain, convolve


def test_fractions_are_understood():
    assert parse_kernel("1/9 " * 9) == PRESETS["blur"] and parse_kernel("0 0 0 0 −1/2 0 0 0 0").root[1][1] == -0.5
    for text in ("1/0 " * 9, "1/2/3 " * 9, "/ " * 9):
        with pytest.raises(InputError, match="unknown kernel"):
            parse_kernel(text)
    with pytest.raises(InputError, match="larger than"):
        parse_kernel("1e999999999 " * 9)  # at once


def test_a_chain_comes_back_from_its_file(tmp_path):
    whole = chain(
        convolve("sobel-h", PRESETS["blur"].resized(5), stride=2, padding="none", sum_maps=True), Relu(), Clip(),
        Pool(kind="average", size=3, stride=1), color="grey", arithmetic="float",
    )  # fmt: skip
    file = tmp_path / "steps.json"
    file.write_text(chain_text(whole), encoding="utf-8")
    assert read_chain(file) == whole
    assert json.loads(file.read_text())["steps"][0]["kernels"][0] == "sobel-h"


@pytest.mark.parametrize("text, said", [
    ("", "not valid"), ("[]", "not valid"), ('{"steps": []}', "steps"), ('{"steps": [{"step": "blur"}]}', "steps.0"),
    ('{"steps": [{"step": "convolve", "kernels": ["edges"]}]}', "unknown kernel 'edges'; there are: horizontal"),
    ('{"steps": [{"step": "convolve", "kernels": [[[1, 2], [3, 4]]]}]}', "3, 5 or 7 rows"),
    ('{"steps": [{"step": "relu", "size": 2}]}', "size"), ('{"steps": [{"step": "clip", "low": 2}]}', "low is above"),
    ('{"steps": [{"step": "convolve", "kernels": ["blur"], "stride": 0}]}', "stride"),
    ('{"steps": [{"step": "convolve", "kernels": [' + ", ".join(['"blur"'] * 16) + "]}]}", None),
])  # fmt: skip
def test_a_broken_file_of_steps_is_one_sentence(tmp_path, text, said):
    file = tmp_path / "steps.json"
    file.write_text(text, encoding="utf-8")
    if said is None:
        assert read_chain(file)
        return
    with pytest.raises(InputError) as caught:
        read_chain(file)
    assert said in str(caught.value) and str(file) in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_does_not_hide_shipped_steps_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texture").write_text(chain_text(chain(Relu())))
    assert len(chain_called("texture").steps) == 6
    assert chain_called("./texture").steps == (Relu(),)


def test_files_that_are_none(tmp_path):
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    for path, said in (
        (tmp_path / "none.json", "texture"),
        (tmp_path, "cannot read"),
        (tmp_path / "binary.json", "text"),
    ):
        with pytest.raises(InputError, match=said):
            read_chain(path)


def test_too_many_maps_too_little_picture_and_too_much_memory_are_refused(picture, monkeypatch):
    with pytest.raises(ValidationError, match="more than 64 maps"):
        chain(*[convolve("blur", "identity", "emboss")] * 4)
    with pytest.raises(InputError, match="more than 64 maps"):
        chain(*[convolve("blur", "identity", "emboss")] * 3).with_first(convolve("blur", "identity", "emboss"))
    with pytest.raises(InputError, match="step 2 needs 32 × 32 pixels, and the picture has 26 × 18"):
        run_chain(chain(Pool(), Pool(size=32)), picture)
    monkeypatch.setattr("studio.core.kernels.compute.MOST_VALUES", 2 * picture.size)
    with pytest.raises(InputError, match="step 1 makes 3 maps"):
        run_chain(chain(convolve("blur", "identity", "emboss")), picture)


def test_it_can_be_cancelled(picture):
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        run_chain(chain(Relu()), picture, control=control)
