"""Damaged, foreign, hostile: one clear sentence and nothing imported; what can be read around is counted and said."""

from __future__ import annotations

import json
import os
import zipfile

import pytest

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.formats.importing import import_data
from studio.core.project import Project
from tests.core.formats.conftest import facts, noise


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "data set"
    folder.mkdir()
    return folder


@pytest.fixture
def refused(tmp_path):
    """Imports what must be refused: nothing is made, inside the data set or out of it."""

    def refuse(source, name=None):
        before = sorted(path for path in tmp_path.rglob("*"))
        with pytest.raises(InputError) as caught:
            import_data(tmp_path / "refused", source, name, False, Control())
        assert sorted(path for path in tmp_path.rglob("*")) == before
        text = str(caught.value)
        assert "\n" not in text and len(text) < 600
        return text

    return refuse


def coco(place, images=None, annotations=None, categories=None, **changes):
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 40, "height": 30}] if images is None else images,
        "annotations": annotations or [],
        "categories": [{"id": 7, "name": "cup"}] if categories is None else categories,
    }
    text = json.dumps(document | changes)
    (place / "coco.json").write_text(text)
    noise(place / "a.png", 40, 30)
    return text


def box(*numbers, **changes):
    return {"id": 1, "image_id": 1, "category_id": 7, "bbox": list(numbers)} | changes


# JSON ----------------------------------------------------------------------------------------------------------------


def test_damaged_json(place, refused):
    text = coco(place, annotations=[box(1, 2, 3, 4)])
    (place / "coco.json").write_text(text[:-20])
    assert "coco.json is damaged" in refused(place, "coco")
    for wrong in (
        '{"images": 3, "annotations": [], "categories": []}',
        "[1]",
        "[" * 100_000,
        '{"images": ' + "9" * 9999,
    ):
        (place / "coco.json").write_text('"images" "annotations" "categories"'[:0] + wrong)
        assert "coco.json" in refused(place / "coco.json", "coco") or "no COCO file" in refused(place, "coco")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_text_with_a_byte_order_mark_is_read(place, taken, encoding):
    text = coco(place, annotations=[box(1, 2, 3, 4)], categories=[{"id": 7, "name": "Stück"}])
    (place / "coco.json").write_bytes(text.replace("\\u00fc", "ü").encode(encoding))
    assert facts(taken(place)[0])[0][2] == "Stück"


def test_other_encodings_are_said(place, refused):
    text = coco(place, annotations=[box(1, 2, 3, 4)], categories=[{"id": 7, "name": "Stück"}])
    (place / "coco.json").write_bytes(text.replace("\\u00fc", "ü").encode("latin-1"))
    assert "is not utf-8 text (byte" in refused(place)
    (place / "boxes.csv").write_bytes("medium,label,x,y,width,height\na.png,Stück,1,2,3,4\n".encode("utf-16-le"))
    assert "is not utf-8 text" in refused(place / "boxes.csv")


def test_boxes_that_are_none_are_counted(place, taken):
    nan = float("nan")
    wrong = [
        (-10, -5, 20, 20),
        (35, 25, 50, 50),
        (60, 60, 5, 5),
        (1, 1, 0, 5),
        (1, 1, -4, 5),
        (nan, 1, 2, 2),
        ("x", 1, 2, 2),
    ]
    coco(place, annotations=[*(box(*numbers) for numbers in wrong), box(1, 2, 3), box(2, 2, 2, 2, image_id=5),
                             box(2, 2, 2, 2, category_id=1), "no dict"])  # fmt: skip
    project, done = taken(place)
    assert [fact[3:7] for fact in facts(project)] == [(0, 0, 10, 15), (35, 25, 5, 5)]
    assert set(done.notes) == {
        "1 annotation: without a box, left out (a.png)",
        "1 box: of a picture that is not listed, left out (1)",
        "1 box: of a category that is not listed, left out (1)",
        "2 boxes: reaching over the edge, cut off there (a.png)",
        "1 box: outside the picture, left out (a.png)",
        "2 boxes: without area, left out (a.png)",
        "2 boxes: no numbers that a box can have, left out (a.png)",
    }


def test_outlines_and_crowds(place, taken):
    outline = [[1, 1, 5, 2, 4, 9], [0, 3, 2, 3, 2, 4]]
    found = [{"image_id": 1, "category_id": 7, "segmentation": outline}, box(0, 0, 4, 4, iscrowd=1)]
    coco(place, annotations=found)
    project, done = taken(place)
    assert [(*fact[3:7], fact[7]) for fact in facts(project)] == [(0, 0, 4, 4, "ignore"), (0, 1, 5, 8, "visible")]
    assert "1 annotation: without a box, the box around its outline is taken (a.png)" in done.notes


def test_pictures_that_are_missing_damaged_or_twice(place, taken):
    names = ["a.png", "gone.png", "bad.jpg", "a.png"]
    images = [{"id": at, "file_name": name, "width": 40, "height": 30} for at, name in enumerate(names, 1)]
    coco(place, images, [box(1, 2, 3, 4, image_id=at) for at in range(1, 5)])
    (place / "bad.jpg").write_bytes(b"no picture")
    (place / "z").mkdir()
    (place / "bad.jpg").rename(place / "z" / "bad.jpg")  # alone in its folder, which is then no medium
    project, done = taken(place)
    assert len(facts(project)) == 2 and len(project.media()) == 1
    assert set(done.notes) == {
        "1 picture: not there, left out with its boxes (gone.png)",
        "1 picture: cannot be read, left out with its boxes (z/bad.jpg)",
        "1 picture: listed twice, taken once with all boxes (a.png)",
    }


def test_names_that_lead_out_of_the_folder(place, tmp_path, refused, taken):
    noise(tmp_path / "secret.png", 40, 30, 3)
    for name in (
        "../secret.png",
        str(tmp_path / "secret.png"),
        "..\\secret.png",
        "C:\\secret.png",
        "x/../../secret.png",
    ):
        coco(place, [{"id": 1, "file_name": name, "width": 40, "height": 30}], [box(1, 2, 3, 4)])
        assert "outside its folder" in refused(place)
    (place / "link.png").symlink_to(tmp_path / "secret.png")
    coco(place, [{"id": 1, "file_name": "link.png"}, {"id": 2, "file_name": "a.png"}], [box(1, 2, 3, 4)])
    assert facts(taken(place)[0]) == []  # not followed
    coco(place, [{"id": 1, "file_name": "/home/somebody/coco/a.png", "width": 40, "height": 30}], [box(1, 2, 3, 4)])
    assert len(facts(taken(place)[0])) == 1  # of another machine, and its end is here


def test_a_data_set_without_any_picture(place, refused):
    coco(place, [{"id": 1, "file_name": "gone.png"}], [box(1, 2, 3, 4)])
    assert "no picture or video that could be read (gone.png)" in refused(place)


def test_labels_of_one_name_and_labels_without(place, taken):
    categories = [
        {"id": 0, "name": " cup "},
        {"id": 9, "name": "cup"},
        {"id": "x"},
        {"id": 3, "name": "a\nb" + "c" * 200},
    ]
    coco(place, None, [box(at, 2, 3, 4, category_id=kind) for at, kind in enumerate([0, 9, "x", 3])], categories)
    assert [fact[2] for fact in facts(taken(place)[0])] == ["a?b" + "c" * 97, "cup", "cup", "unnamed"]


def test_a_large_file_works(place, taken):
    count = 10_000
    coco(place, None, [box(at % 36, at % 26, 3, 3, id=at, note="x" * 2000) for at in range(count)])
    assert (place / "coco.json").stat().st_size > 2e7
    assert taken(place)[1].regions == count


# XML -----------------------------------------------------------------------------------------------------------------

VOC = "<annotation><filename>a.png</filename><object><name>{}</name><bndbox>{}</bndbox></object></annotation>"
EDGES = "<xmin>1</xmin><ymin>2</ymin><xmax>5</xmax><ymax>7</ymax>"


def test_damaged_xml_and_bombs(place, refused):
    noise(place / "a.png", 40, 30)
    (place / "a.xml").write_text(VOC.format("cup", EDGES)[:-30])
    assert "a.xml is damaged" in refused(place)
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + VOC.format("&b;", EDGES)
    (place / "a.xml").write_text(bomb)
    assert "defines entities" in refused(place)
    (place / "a.xml").write_bytes(bomb.encode("utf-16"))
    assert "defines entities" in refused(place)
    (place / "a.xml").write_text('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + VOC.format("&a;", EDGES))
    assert "defines entities" in refused(place)
    (place / "a.xml").write_text("<annotation>" + "<a>" * 5000)
    assert "damaged" in refused(place)


def test_xml_in_the_encoding_that_it_names(place, taken, refused):
    noise(place / "a.png", 40, 30)
    head = '<?xml version="1.0" encoding="{}"?>'
    (place / "a.xml").write_bytes((head.format("ISO-8859-1") + VOC.format("Stück", EDGES)).encode("latin-1"))
    assert facts(taken(place)[0]) == [("data set", 0, "Stück", 1, 2, 4, 5, "visible")]
    (place / "a.xml").write_text(head.format("klingon") + VOC.format("cup", EDGES))
    assert "'klingon', which is unknown" in refused(place)


def test_voc_states_and_what_is_no_box(place, taken):
    noise(place / "a.png", 40, 30)
    marked = EDGES + "</bndbox><difficult>1</difficult><bndbox>"
    (place / "a.xml").write_text(
        "<annotation><filename>other name.jpg</filename><size><width>0</width><height>0</height></size>"
        f"<object><name>cup</name><difficult>1</difficult><bndbox>{EDGES}</bndbox></object>"
        f"<object><name>cup</name><occluded>1</occluded><bndbox>{EDGES}</bndbox></object>"
        f"<object><name>cup</name></object><object><name>cup</name><bndbox><xmin>x</xmin></bndbox></object></annotation>"
    )
    project, done = taken(place)
    assert [fact[7] for fact in facts(project)] == ["ignore", "occluded"] and marked
    assert "1 object: difficult, taken as a box to ignore (a.png)" in done.notes


def cvat(place, tracks, meta=""):
    (place / "images").mkdir(exist_ok=True)
    for number in range(12):
        noise(place / "images" / f"frame_{number:06}.png", 40, 30, number)
    (place / "annotations.xml").write_text(f"<annotations><meta>{meta}</meta>{tracks}</annotations>")


def shape(frame, left, outside=0, keyframe=1, **more):
    extra = "".join(f' {name}="{value}"' for name, value in more.items())
    edges = f'xtl="{left}" ytl="2" xbr="{left + 6}" ybr="9"'
    return f'<box frame="{frame}" outside="{outside}" occluded="0" keyframe="{keyframe}" {edges}{extra}/>'


def test_cvat_boxes_between_keyframes_are_those_that_cvat_shows(place, taken):
    track = f'<track id="3" label="cup">{shape(0, 0)}{shape(4, 8)}{shape(7, 8, outside=1)}{shape(9, 20)}</track>'
    cvat(
        place,
        track,
        "<task><stop_frame>10</stop_frame><labels><label><name>cup</name><color>#AA00bb</color></label></labels></task>",
    )
    project, _ = taken(place)
    rows = project.regions()
    assert [(row.frame, row.x, row.state, row.keyframe) for row in rows] == [
        (0, 0, "visible", True), (1, 2, "visible", False), (2, 4, "visible", False), (3, 6, "visible", False),
        (4, 8, "visible", True), (5, 8, "visible", False), (6, 8, "visible", False), (7, 8, "outside", True),
        (9, 20, "visible", True), (10, 20, "visible", False),
    ]  # fmt: skip
    assert {row.track for row in rows} == {project.tracks()[0].id} and project.label("cup").color == "#aa00bb"


def test_cvat_turned_boxes_and_frames_that_no_video_has(place, taken, refused):
    cvat(place, f'<track id="0" label="cup">{shape(0, 10, rotation=90)}{shape(1, 10, outside=1)}</track>')
    project, done = taken(place)
    assert facts(project)[0][3:7] == pytest.approx((9.5, 2.5, 7, 6))
    assert "1 box: turned, the upright one around it is taken (track 0)" in done.notes
    cvat(place, f'<track id="0" label="cup">{shape(0, 10)}{shape(90_000_000, 10)}</track>')
    assert "which no video has" in refused(place)
    cvat(place, f'<track id="0" label="cup">{shape("nine", 10)}</track>')
    assert "'nine' is no frame" in refused(place)


# Text ----------------------------------------------------------------------------------------------------------------


def yolo(place, lines, names="names: [cup, pen]\ntrain: images\n"):
    noise(place / "images" / "a.png", 40, 30)
    (place / "labels").mkdir(exist_ok=True)
    (place / "labels" / "a.txt").write_text(lines)
    (place / "data.yaml").write_text(names)


def test_yolo_lines(place, taken, refused):
    outline = "1 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5"
    yolo(place, f"0 0.5 0.5 0.5 0.5\n{outline}\n7 0.5 0.5 2 2\n0 0.5 0.5 0.1 0.1 0.75\n")
    project, done = taken(place)
    assert [(fact[2], *fact[3:7]) for fact in facts(project)] == [
        ("class 7", 0, 0, 40, 30), ("cup", 10, 7.5, 20, 15), ("cup", 18, 13.5, 4, 3),
        ("pen", pytest.approx(4), 3, pytest.approx(16), 12),
    ]  # fmt: skip
    assert {row.score for row in project.regions()} == {None, 0.75}
    assert "1 class number: beyond the names, called by its number (7 in a.txt)" in done.notes
    assert "1 outline: the box around it is taken (a.txt)" in done.notes
    for wrong in ("cup 0.5 0.5 0.5 0.5", "0 0.5 0.5", "-1 1 1 1 1", "nan 1 1 1 1"):
        yolo(place, wrong)
        assert "a.txt is damaged: line 1" in refused(place)


def test_yolo_descriptions(place, refused, taken):
    for wrong in (
        "names: [a\n",
        "- names\n",
        "names: 3\n",
        "names: !!python/object/apply:os.system [ls]\n",
        "{names: [[[[",
    ):
        yolo(place, "0 0.5 0.5 0.5 0.5", wrong)
        assert str(place) in refused(place)
    # as Roboflow writes it, moved from another machine, with a split that is not there
    yolo(
        place,
        "0 0.5 0.5 0.5 0.5",
        "path: /home/me/set\ntrain: ../images\ntest: ../test/images\nnames: {0: cup, '1': pen}\n",
    )
    _, done = taken(place)
    assert done.splits == 1 and done.labels == ("cup", "pen")
    assert "1 folder: not there, left out (../test/images)" in done.notes


def test_yolo_descriptions_that_would_grow(place, refused):
    grown = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    yolo(place, "0 0.5 0.5 0.5 0.5", f"{grown}names: [*i]\ntrain: images\n")
    assert "nested deeper" in refused(place)


def test_yolo_picture_lists_that_lead_out(place, tmp_path, refused):
    noise(tmp_path / "secret.png", 10, 10)
    yolo(place, "", "names: [cup]\ntrain: list.txt\n")
    (place / "list.txt").write_text(f"{tmp_path}/secret.png\n")
    assert "outside its folder" in refused(place)


def mot(place, lines):
    for number in (1, 2):
        noise(place / "img1" / f"{number:06}.png", 40, 30, number)
    (place / "gt").mkdir(exist_ok=True)
    (place / "gt" / "gt.txt").write_text(lines)


def test_mot_lines(place, taken, refused):
    mot(
        place,
        "1,4,1,2,3,4,1,1,0.3\n2,4,5,2,3,4,0,3,1\n1,-1,9,9,3,3,1,99,1\n0,1,1,1,1,1,1,1,1\n2,5,1,2,3,4\n7,4,1,2,3,4,1,1,1\n",
    )
    project, done = taken(place)
    assert [(fact[1], fact[2], fact[7]) for fact in facts(project)] == [
        (0, "class 99", "visible"), (0, "pedestrian", "occluded"), (1, "car", "ignore"), (1, "pedestrian", "visible"),
    ]  # fmt: skip
    assert "1 box: on a frame before the first, left out; MOT counts from 1 (gt/gt.txt)" in done.notes
    assert "1 picture: not there, left out with its boxes (000007)" in done.notes
    for wrong in ("1,2,3\n", "a,b,c,d,e,f\n"):
        mot(place, wrong)
        assert "gt.txt is damaged: line 1" in refused(place)
    mot(place, "1,4,1,2,3,4,1,1,1\n")
    (place / "seqinfo.ini").write_text("no settings")
    assert "seqinfo.ini is no list of settings" in refused(place)


def test_labelme_shapes(place, taken, refused):
    noise(place / "pictures" / "a.png", 40, 30)
    (place / "json").mkdir()
    kinds = {"rectangle": [[9, 8], [3, 2]], "circle": [[10, 10], [13, 14]], "polygon": [[1, 1], [5, 3], [2, 9]],
             "line": [[1, 1], [2, 2]], "point": [[1, 1]]}  # fmt: skip
    shapes = [{"label": kind, "shape_type": kind, "points": points} for kind, points in kinds.items()]
    document = {
        "shapes": [*shapes, 3, {"points": None}],
        "imagePath": "..\\pictures\\a.png",
        "imageWidth": 40,
        "imageHeight": 31,
    }
    (place / "json" / "a.json").write_text(json.dumps(document))
    project, done = taken(place)
    assert [(fact[2], *fact[3:7]) for fact in facts(project)] == [
        ("circle", 5, 5, 10, 10), ("polygon", 1, 1, 4, 8), ("rectangle", 3, 2, 6, 6)
    ]  # fmt: skip
    assert "3 shapes: no area, left out (pictures/a.png)" in done.notes
    assert any("of another size than the data set says" in line for line in done.notes)
    (place / "json" / "a.json").write_text('{"shapes": 3, "imagePath": "a.png"}')
    assert "its shapes are no list" in refused(place)


def test_tables_of_others(place, taken, refused):
    noise(place / "a.png", 40, 30)
    (place / "t.csv").write_text("filename;width;height;class;xmin;ymin;xmax;ymax\na.png;40;30;cup;1;2;11;22\n")
    assert facts(taken(place)[0]) == [("data set", 0, "cup", 1, 2, 10, 20, "visible")]
    (place / "t.csv").write_text("a,b\n1,2\n")
    assert "does not name the columns" in refused(place)
    (place / "t.csv").write_text('medium,label,x,y,width,height\na.png,"cup,1,2,3,4\n')
    assert "is damaged near line" in refused(place)
    (place / "t.csv").write_text("medium,frame,label,x,y,width,height\na.png,-3,cup,1,2,3,4\n")
    assert "'-3' is no frame" in refused(place)


def test_media_that_are_only_named(place, taken, refused, full):
    (place / "t.csv").write_text(
        "medium,frame,label,x,y,width,height\nclip.mp4,99,cup,1,2,3,4\nclip.mp4,39,cup,1,2,3,4\n"
    )
    assert "no picture or video that could be read (clip.mp4)" in refused(place)
    before = Project.open(full)
    project, done = taken(place, folder=full)
    assert done.regions == 1 and not done.made
    assert done.notes == ("1 box: on a frame that its medium does not have, left out (clip.mp4)",)
    assert [line.text for line in project.history()[-1:]] == ["import data set as CSV"]
    before.close()


# Archives ------------------------------------------------------------------------------------------------------------


def archive(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path


def test_a_zip_is_read_and_its_pictures_stay(place, tmp_path, taken):
    text = coco(place, annotations=[box(1, 2, 3, 4)])
    picture = (place / "a.png").read_bytes()
    file = archive(tmp_path / "set.zip", **{"set/coco.json": text, "set/a.png": picture, "__MACOSX/set/._a.png": b"x"})
    project, done = taken(file)
    assert len(facts(project)) == 1 and done.format == "coco"
    (medium,) = project.media()
    assert medium.path.startswith("media/") and (project.folder / medium.path / "a.png").read_bytes() == picture
    assert not project.check()


def test_zips_that_would_write_elsewhere(place, tmp_path, refused):
    for name in ("../evil.png", "/evil.png", "a/../../evil.png", "..\\evil.png", "C:/evil.png"):
        assert "leads out of its folder" in refused(archive(tmp_path / "set.zip", **{name: b"x"}))
    assert "two files called" in refused(archive(tmp_path / "set.zip", **{"a.png": b"x", "A.PNG": b"y"}))
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as made:
        made.writestr(link, "/etc/passwd")
    assert "a link or a device" in refused(tmp_path / "set.zip")
    bomb = archive(tmp_path / "set.zip", **{"a.json": b"0" * 100_000_000})
    assert "far more than a file of its size" in refused(bomb)
    bomb.write_bytes(b"PK\x03\x04 no zip")
    assert "is no zip that can be read" in refused(bomb)


# Anything ------------------------------------------------------------------------------------------------------------


def test_what_is_no_data_set(place, tmp_path, refused):
    assert "there is no file or folder" in refused(tmp_path / "nothing")
    assert "no data set that can be recognised; choose one with --format: coco" in refused(place)
    assert "holds no folders of pictures" in refused(place, "image-folder")
    for name in ("coco", "yolo", "voc", "cvat", "mot", "labelme", "csv"):
        assert str(place) in refused(place, name)
    assert "unknown format 'x'" in refused(place, "x")
    noise(place / "a.png", 10, 10)
    assert "no data set" in refused(place)


def test_a_folder_that_is_something_else_is_left_alone(place, tmp_path):
    coco(place, annotations=[box(1, 2, 3, 4)])
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not an empty folder"):
        import_data(other, place, None, False, Control())
    assert os.listdir(other) == ["mine.txt"]


def test_an_import_is_one_step_that_can_be_undone(place, taken, tmp_path):
    coco(place, annotations=[box(1, 2, 3, at % 7 + 1) for at in range(2500)])
    project, _ = taken(place)
    with Project.open(project.folder, write=True) as writing:
        assert writing.undo() == ["import data set as COCO"]
        assert not writing.regions() and not writing.media() and len(writing.labels()) == 1
        writing.redo()
        assert len(writing.regions()) == 2500


def test_copied_pictures_lie_in_the_project(place, taken):
    coco(place, annotations=[box(1, 2, 3, 4)])
    project, _ = taken(place, copy=True)
    assert [row.path for row in project.media()] == ["media/data set"]
    project, _ = taken(place)
    assert [row.path for row in project.media()] == ["../data set"] and not project.check()
