from __future__ import annotations

import errno
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save, save_file

from studio.core.files import sha256_of
from studio.core.media.writer import VideoWriter
from studio.core.project import BACKGROUND, Edit, Project
from tests.cli.conftest import FRAMES
from tests.moving_square import HEIGHT, RATE, WIDTH, box_at, picture, write_video

pytestmark = pytest.mark.usefixtures("quick_fits")


def fit(studio, project, *more):
    return studio("fit", project, "--device", "cpu", *more)


def tensors(project, name="head-1"):
    return load_file(project / "models" / name / "weights.safetensors")


def alter(project, change, name="head-1", card_too=True):
    """Write other weights into a head, with or without the card that names them."""
    folder = project / "models" / name
    weights = folder / "weights.safetensors"
    change(weights)
    if card_too:
        card = json.loads((folder / "card.json").read_text())
        (folder / "card.json").write_text(json.dumps(card | {"sha256": sha256_of(weights)}))


def change_tensor(name, change):
    def write(path):
        stored = load_file(path)
        stored[name] = change(stored[name])
        path.write_bytes(save(stored))

    return write


def test_the_card_says_what_the_head_is(fitted):
    card = json.loads((fitted / "models" / "head-1" / "card.json").read_text())
    assert card["labels"] == ["square"] and card["kernel"] == "rbf" and card["backbone"] == "resnet18-64px"
    assert card["sha256"] == sha256_of(fitted / "models" / "head-1" / "weights.safetensors")
    assert len(card["backbone_sha256"]) == 64 and card["history"] > 0 and card["seed"] == 0 and card["licence"]
    least, most = card["searched_sizes"]["square"]
    assert least < 48 < most
    assert card["scores"]["square"]["crop"]["f1"] > 0.9  # 45 frames at 10 a second: two blocks of two seconds


def test_the_same_seed_gives_the_same_head_and_so_does_the_cache_or_none(studio, fitted):
    first = tensors(fitted)
    document = json.loads(fit(studio, fitted, "--name", "again", "--json")[1])
    assert document["head"] == "again" and document["positives"] > 40
    shutil.rmtree(fitted / "cache")
    assert fit(studio, fitted, "--name", "afresh")[0] == 0
    for other in ("again", "afresh"):
        found = tensors(fitted, other)
        assert found.keys() == first.keys()
        for name in first:
            # Batches of another size may round the last bit of a float32 product elsewhere.
            np.testing.assert_allclose(found[name], first[name], rtol=1e-4, atol=1e-5, err_msg=f"{other} {name}")


def test_heads_are_numbered_and_a_named_one_never_changes(studio, refused, fitted):
    before = tensors(fitted)
    assert "heads do not change" in refused("fit", fitted, "--name", "head-1")
    out = fit(studio, fitted, "--kernel", "linear")[1]
    assert out.startswith("head head-2: square;") and "held-out frames" in out
    assert json.loads((fitted / "models/head-2/card.json").read_text())["kernel"] == "linear"
    assert all((before[name] == tensor).all() for name, tensor in tensors(fitted).items())


def test_a_copied_project_still_fits(studio, labelled, tmp_path):
    moved = shutil.copytree(labelled, tmp_path / "far" / "away")
    shutil.rmtree(labelled)
    shutil.rmtree(moved / "cache")
    assert fit(studio, moved)[0] == 0


def test_an_object_that_never_moved_can_be_learnt(studio, empty, tmp_path):
    """All its crops are near-duplicates of the first."""
    with VideoWriter(tmp_path / "still.mp4", RATE, (WIDTH, HEIGHT)) as video:
        for _ in range(20):
            video.write(picture(0))
    box = ",".join(map(str, box_at(0)))
    assert studio("label", empty, tmp_path / "still.mp4", "--box", box, "--tracker", "kcf")[0] == 0
    code, out, lines = fit(studio, empty)
    assert code == 0 and "no scores" in out, lines


@pytest.mark.slow
def test_two_labels_are_learnt_and_told_apart(studio, refused, labelled, tmp_path):
    clip = labelled / "media" / "clip.mp4"
    studio("label", labelled, clip, "--box", "20,20,60,60", "--label", "corner", "--end", 44, "--tracker", "kcf")
    assert fit(studio, labelled)[0] == 0
    assert json.loads((labelled / "models/head-1/card.json").read_text())["labels"] == ["corner", "square"]
    truth = tmp_path / "truth.txt"
    truth.write_text("\n".join(",".join(map(str, box_at(n))) for n in range(FRAMES)))
    assert "corner, square" in refused("evaluate", labelled, clip, "--truth", truth)
    for label, least in (("square", 0.8), ("corner", 0.0)):
        out = studio("evaluate", labelled, clip, "--truth", truth, "--label", label, "--start", 50, "--json")[1]
        document = json.loads(out)
        assert document["label"] == label
        assert document["f1"] >= least if label == "square" else document["f1"] < 0.2


def test_there_must_be_something_to_learn_from(refused, empty, labelled, clip):
    assert "label something first" in refused("fit", empty)
    with Project.open(labelled, write=True) as project:
        background = project.label(BACKGROUND).id
        negatives = [row for row in project.regions() if row.label == background]
        project.apply(Edit.removal("no negatives", negatives))
        assert "no negatives" in refused("fit", labelled)
        square = project.regions(label=project.label("square").id)
        project.apply(Edit.removal("but one", square[1:]))
        assert "has one region" in refused("fit", labelled)
    assert not list((labelled / "models").iterdir()) and clip.exists()


@pytest.mark.parametrize(
    "more, says",
    [(("--kernel", "cubic"), "there are: rbf, linear"), (("--backbone", "magic"), "there are: resnet18-64px"),
     (("--name", "../../up"), "cannot be called"), (("--name", "."), "cannot be called"), (("--seed", "x"), "seed"),
     (("--name", "con"), "cannot be called")],
)  # fmt: skip
def test_a_bad_argument_is_one_line(refused, labelled, more, says):
    assert says in refused("fit", labelled, *more)


def test_a_medium_that_is_missing_or_changed_is_named(studio, refused, labelled):
    clip = labelled / "media" / "clip.mp4"
    clip.rename(labelled / "away.mp4")
    assert "clip.mp4 is missing" in refused("fit", labelled)
    write_video(clip, 50, phase=1.0)
    assert "was changed" in refused("fit", labelled)


def test_a_full_disk_leaves_no_half_of_a_head(refused, labelled, monkeypatch):
    write = Path.write_bytes

    def full(self, content):
        if self.name == "weights.safetensors":
            write(self, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return write(self, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    assert "the disk is full" in refused("fit", labelled, code=1)
    assert not list((labelled / "models").iterdir())


# Heads that were damaged, or come from elsewhere ---------------------------------------------------------------------


DAMAGES = {
    "cut short": (lambda path: path.write_bytes(path.read_bytes()[:500]), False, "another sha256"),
    "cut short, with its hash": (lambda path: path.write_bytes(path.read_bytes()[:500]), True, "cut short"),
    "code inside": (
        lambda path: path.write_bytes(b"\x80\x04cposix\nsystem\n(S'touch /tmp/owned'\ntR."),
        True,
        "cut short",
    ),
    "empty": (lambda path: path.write_bytes(b""), True, "cut short"),
    "another layout": (lambda path: save_file({"weight": np.zeros((3, 3), np.float32)}, path), True, "its card says"),
    "another type": (change_tensor("crop.0.support", lambda t: t.astype(np.float32)), True, "its card says"),
    "no numbers": (change_tensor("crop.0.coefficients", lambda t: t * np.nan), True, "its card says"),
    "another size": (change_tensor("crop.0.support", lambda t: t[:, :100].copy()), True, "does not fit the backbone"),
    "too many rows": (change_tensor("dense.0.kernel", lambda t: np.zeros((1, 17, 1), t.dtype)), True, "1 × 17 × 1"),
    "too many columns": (change_tensor("dense.0.kernel", lambda t: np.zeros((1, 1, 99), t.dtype)), True, "1 × 1 × 99"),
    "no rows": (change_tensor("dense.0.kernel", lambda t: t[:, :0].copy()), True, "× 0 ×"),
    "no channels": (change_tensor("dense.0.kernel", lambda t: t[:0].copy()), True, "a kernel of 0 ×"),
    "other channels": (change_tensor("dense.0.kernel", lambda t: t[:64].copy()), True, "its card says"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_weights_are_refused_in_one_line(refused, fitted, clip, damage):
    change, card_too, says = DAMAGES[damage]
    alter(fitted, change, card_too=card_too)
    assert says in refused("detect", fitted, clip)


@pytest.mark.parametrize(
    "field, value, says",
    [("architecture", "svm-head-99", "of another kind"), ("backbone", "resnet999", "unknown backbone 'resnet999'"),
     ("backbone", "resnet18", "studio models get resnet18"), ("backbone_sha256", "1" * 64, "other weights than those"),
     ("labels", [], "not valid"), ("labels", ["a", "b"], "its card says"), ("kernel", "cubic", "not valid"),
     ("labels", [1], "not valid"), ("labels", ["a\x1b[2J"], "not valid"), ("labels", ["a", "a"], "not valid"),
     ("labels", ["a" * 101], "not valid"), ("window_side", 10**6, "not valid")],
)  # fmt: skip
def test_a_card_that_does_not_fit_is_refused_in_one_line(refused, fitted, clip, field, value, says):
    path = fitted / "models" / "head-1" / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    assert says in refused("detect", fitted, clip)


def test_a_head_travels_as_one_file(studio, fitted, empty, tmp_path):
    file = tmp_path / "square.zip"
    assert studio("heads", "export", fitted, "head-1", file)[:2] == (0, f"{file}\n")
    assert studio("heads", "import", empty, file, "--name", "mine")[:2] == (0, "mine\n")
    assert studio("heads", "import", empty, file)[:2] == (0, "head-1\n")
    listed = json.loads(studio("heads", "list", empty, "--json")[1])
    assert [(head["name"], head["labels"]) for head in listed] == [("head-1", ["square"]), ("mine", ["square"])]
    assert studio("heads", "list", empty)[1].startswith("head-1: square on resnet18-64px")
    assert all((tensors(empty, "mine")[name] == tensor).all() for name, tensor in tensors(fitted).items())
    assert studio("check", empty)[0] == 0


BAD_FACTS = [
    {"labels": [1]}, {"labels": "square"}, {"labels": ["a\x1b]0;owned\x07"]}, {"labels": ["a", "a"]}, {"labels": []},
    {"history": "3"}, {"history": True}, {"backbone": ["x"]}, {"backbone": "\x9b2J"}, {"scores": []},
    {"scores": {"f1": float("nan")}}, {"sha256": None}, {"filler": "x" * 2**24},
]  # fmt: skip


@pytest.mark.parametrize("facts", BAD_FACTS, ids=lambda facts: repr(facts)[:40])
def test_one_bad_card_hides_no_other_head(studio, fitted, facts):
    bad = shutil.copytree(fitted / "models" / "head-1", fitted / "models" / "bad")
    (bad / "card.json").write_text(json.dumps(json.loads((bad / "card.json").read_text()) | facts))
    code, out, lines = studio("heads", "list", fitted)
    assert code == 0 and out.startswith("head-1: square on resnet18-64px") and out.count("\n") == 1
    assert len(lines) == 1 and lines[0].startswith("the head bad cannot be used") and "card.json" in lines[0]
    assert [head["name"] for head in json.loads(studio("heads", "list", fitted, "--json")[1])] == ["head-1"]


def test_nothing_of_a_card_steers_the_terminal(studio, refused, fitted, clip):
    path = fitted / "models" / "head-1" / "card.json"
    card = json.loads(path.read_text())
    path.write_text(json.dumps(card | {"scores": {"a\x9b2J\u2028": 0.5}}))
    out = studio("heads", "list", fitted, "--json")[1]
    assert "\x9b" not in out and json.loads(out)[0]["scores"] == {"a\x9b2J\u2028": 0.5}
    path.write_text(json.dumps(card | {"architecture": "\x1b[2J\x9b"}))
    assert "of another kind (?[2J?)" in refused("detect", fitted, clip)


def test_nothing_is_overwritten(studio, refused, fitted, tmp_path):
    file = tmp_path / "square.zip"
    studio("heads", "export", fitted, "head-1", file)
    assert "nothing is overwritten" in refused("heads", "export", fitted, "head-1", file)
    assert "heads do not change" in refused("heads", "import", fitted, file)
    assert "there are: head-1" in refused("heads", "export", fitted, "other", tmp_path / "other.zip")
    assert "no folder" in refused("heads", "export", fitted, "head-1", tmp_path / "nowhere" / "a.zip")


def hostile_zips(good, folder):
    """Zips that are no heads, each with a word of the refusal."""
    with zipfile.ZipFile(good) as archive:
        card, weights = (archive.read(name) for name in ("card.json", "weights.safetensors"))
    facts = json.loads(card)

    def made(name, members, compression=zipfile.ZIP_STORED):
        with zipfile.ZipFile(folder / name, "w", compression) as archive:
            for member, content in members:
                archive.writestr(member, content)
        return folder / name

    whole = [("card.json", card), ("weights.safetensors", weights)]
    (folder / "text.zip").write_text("not a zip")
    (folder / "cut.zip").write_bytes(good.read_bytes()[:-400])
    damaged = bytearray(good.read_bytes())
    damaged[len(card) + 3000] ^= 255
    (folder / "damaged.zip").write_bytes(damaged)
    bomb = b"\0" * 50_000_000
    yield folder / "text.zip", "is no head"
    yield folder / "cut.zip", "is no head"
    yield folder / "damaged.zip", "is no head"
    yield folder / "missing.zip", "no file"
    yield folder, "cannot read"
    yield made("up.zip", [("../card.json", card), ("../../weights.safetensors", weights)]), "holds no head"
    yield made("absolute.zip", [("/card.json", card), ("/weights.safetensors", weights)]), "holds no head"
    yield made("more.zip", [*whole, ("more.py", b"import os")]), "holds no head"
    yield made("bomb.zip", [("card.json", card), ("weights.safetensors", bomb)], zipfile.ZIP_DEFLATED), "compression"
    yield made("name.zip", [("card.json", json.dumps(facts | {"name": "../up"})), whole[1]]), "cannot be called"
    yield made("hash.zip", [("card.json", json.dumps(facts | {"sha256": "0" * 64})), whole[1]]), "sha256"
    yield made("list.zip", [("card.json", b"[1, 2]"), whole[1]]), "is not one"
    yield made("deep.zip", [("card.json", b"[" * 100_000), whole[1]]), "is not one"
    yield made("binary.zip", [("card.json", b"\xff\xfe\x00"), whole[1]]), "is not one"
    del facts["history"]
    yield made("lacks.zip", [("card.json", json.dumps(facts)), whole[1]]), "can be used"


def test_zips_of_strangers_are_refused_and_leave_nothing_behind(studio, refused, fitted, empty, tmp_path):
    good = tmp_path / "good.zip"
    studio("heads", "export", fitted, "head-1", good)
    before = sorted(path for path in tmp_path.rglob("*") if fitted not in path.parents)
    folder = tmp_path / "strangers"
    folder.mkdir()
    for file, says in hostile_zips(good, folder):
        assert says in refused("heads", "import", empty, file), file
    shutil.rmtree(folder)
    assert sorted(path for path in tmp_path.rglob("*") if fitted not in path.parents) == before
    assert json.loads(studio("heads", "list", empty, "--json")[1]) == []
