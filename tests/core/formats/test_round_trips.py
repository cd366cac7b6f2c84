"""Whatever a format says that it can hold comes back from it, for data sets made at random."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core.control import Control
from studio.core.formats.compare import differences
from studio.core.formats.data_set import DataLabel, DataMedium, DataRegion, DataSet
from studio.core.formats.folder import DataFolder
from studio.core.formats.format import Shot
from studio.core.formats.limits import reduced
from studio.core.formats.notes import Notes
from studio.core.formats.reading import format_named, read_with
from studio.core.plugins import formats
from tests.core.formats.conftest import noise

SIZES = {"clip": (640, 480), "böse Datei": (37, 91)}
LABELS = ("cup", "blue pen", 'Straße <&> "x"', "background", "0")

numbers = st.floats(0, 1, allow_nan=False)


@st.composite
def data_sets(draw, pictures):
    """Regions on frames of two media, or on pictures named as a format names them."""
    regions = {}
    for at in range(draw(st.integers(1, 12))):
        medium, frame = draw(st.sampled_from(sorted(SIZES))), draw(st.integers(0, 6))
        width, height = SIZES[medium]
        x, y = draw(numbers) * (width - 3), draw(numbers) * (height - 3)
        label = draw(st.sampled_from(LABELS))
        track = draw(st.sampled_from([None, None, 1, 2, 3]))
        if track is not None:  # an object is of one label, on one medium, and once on a frame
            track, label = track * 10 + sorted(SIZES).index(medium), LABELS[track % 2]
        key = (medium, frame, track) if track is not None else at
        across, down = 2 + draw(numbers) * (width - x - 2), 2 + draw(numbers) * (height - y - 2)
        regions[key] = DataRegion(
            medium, frame, label, x, y, across, down, track,
            draw(st.sampled_from(["visible", "occluded", "outside", "ignore", "rejected"])),
            draw(st.booleans()), draw(st.none() | numbers), draw(st.sampled_from(["", "train", "val", "test"])),
            draw(st.sampled_from(["human", "tracker", "head", "import"])), draw(st.booleans()), draw(st.booleans()),
        )  # fmt: skip
    media = {name: DataMedium(name, None, *size, picture=False, frames=9) for name, size in SIZES.items()}
    return DataSet(tuple(DataLabel(name, "#102030") for name in LABELS), media, tuple(regions.values()))


def on_pictures(data, chosen):
    """With a picture for each frame, as an export makes them; its split is that of its last region."""
    names, splits = {}, {}
    for region in data.regions:
        splits[region.medium, region.frame] = region.split
    for (medium, frame), split in splits.items():
        prefix = medium.replace(" ", "_")
        names[medium, frame] = chosen.place(Shot(prefix, frame, f"{prefix}_{frame}", split, "")) + ".png"
    regions = tuple(
        replace(region, medium=names[region.medium, region.frame], frame=0, split=splits[region.medium, region.frame])
        for region in data.regions
    )
    media = {name: DataMedium(name, None, *SIZES[at[0]], split=splits[at]) for at, name in sorted(names.items())}
    return DataSet(data.labels, media, regions)


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    return {size: noise(folder / f"{size}.png", *size).read_bytes() for size in SIZES.values()}


@pytest.mark.parametrize("name", [name for name in formats.names if name != "image-folder"])
def test_what_a_format_holds_comes_back(name, samples):
    chosen = format_named(name)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data_sets(not chosen.keeps_media))
    def round_trip(data):
        data, _ = reduced(data, chosen.holds)
        data, _ = chosen.prepare(data)
        used = {region.medium for region in data.regions}
        if not used:
            return
        data = DataSet(data.labels, {name: data.media[name] for name in data.media if name in used}, data.regions)
        data = data if chosen.keeps_media else on_pictures(data, chosen)
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            for medium in data.media.values():
                if medium.picture:
                    (folder / medium.name).parent.mkdir(parents=True, exist_ok=True)
                    (folder / medium.name).write_bytes(samples[medium.width, medium.height])
            chosen.write(data, folder, Control())
            notes = Notes()
            read = read_with(chosen, DataFolder(folder), notes, Control())
            assert differences(data, read) == []
            assert all("ignore" in line for line in notes.lines())
            assert chosen.recognise(DataFolder(folder))

    round_trip()
