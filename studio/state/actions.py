"""Everything a user can do, a line each: menus, keys and the command palette come from this table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action.

    Attributes:
        id: "panel.verb"; the QAction's object name.
        text: what menus and the palette call it.
        keys: default keys in Qt's portable words; the first is shown.
        icon: a qtawesome name, "" for none.
        menu: "File", "Edit", "View", "Video", "Label", "Model", "Help"; "" for the palette only.
        checkable: whether it is on or off.
        tip: a sentence that says more than `text`.
        single: a letter or arrow that acts only where the video or the gallery has the focus.
        always: also without an open project.
    """

    id: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    menu: str = ""
    checkable: bool = False
    tip: str = ""
    single: bool = False
    always: bool = False


_A = ActionSpec

ACTIONS: tuple[ActionSpec, ...] = (
    _A("project.new", "New project…", ("Ctrl+N",), "mdi6.folder-plus-outline", "File", always=True),
    _A("project.open", "Open project…", ("Ctrl+O",), "mdi6.folder-open-outline", "File", always=True),
    _A("project.sample", "Try the sample", (), "mdi6.flower-outline", "File", always=True,
       tip="Makes a clip with a known object and does the main job on it."),
    _A("media.open", "Open a video or pictures…", ("Ctrl+Shift+O",), "mdi6.filmstrip", "File", always=True),
    _A("media.open_folder", "Open a folder of pictures…", (), "mdi6.image-multiple-outline", "File", always=True),
    _A("camera.open", "Open a camera…", (), "mdi6.webcam", "File", always=True),
    _A("project.import_data", "Import a data set…", (), "mdi6.database-import-outline", "File", always=True,
       tip="Reads COCO, YOLO, Pascal VOC, CVAT, MOT, LabelMe, class folders or CSV into the project, or a new one."),
    _A("project.export_data", "Export as a data set…", (), "mdi6.database-export-outline", "File",
       tip="Writes the regions for another program; says first what its format cannot hold."),
    _A("project.copy", "Save a copy as one file…", (), "mdi6.content-save-outline", "File"),
    _A("project.merge", "Merge another project…", (), "mdi6.source-merge", "File",
       tip="Takes its media, labels, regions, marks, splits and heads in; what is here already stays as it is."),
    _A("project.close", "Close project", ("Ctrl+W",), "mdi6.close", "File"),
    _A("app.settings", "Settings…", ("Ctrl+,",), "mdi6.cog-outline", "File", always=True),
    _A("app.quit", "Quit", ("Ctrl+Q",), "mdi6.power", "File", always=True),
    _A("edit.undo", "Undo", ("Ctrl+Z",), "mdi6.undo", "Edit"),
    _A("edit.redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "mdi6.redo", "Edit"),
    _A("edit.delete", "Remove or reject", ("X", "Del", "Backspace"), "mdi6.close-thick", "Edit", single=True,
       tip="A live detection becomes a negative for its label, a region is removed."),
    _A("edit.select_all", "Select all", ("Ctrl+A",), "mdi6.select-all", "Edit"),
    _A("edit.select_none", "Select nothing", ("Esc",), "", "Edit", single=True),
    _A("gallery.find", "Find crops…", ("/", "Ctrl+F"), "mdi6.filter-outline", "Edit", single=True,
       tip="Says in the gallery which crops are shown: by label, score, doubt, split and more."),
    _A("gallery.review", "Reviewed", ("R",), "mdi6.check-decagram-outline", "Edit", single=True,
       tip="Marks the selected crops as looked at and right; again takes it back."),
    _A("gallery.preview", "Large preview of a crop", (), "mdi6.image-outline", "View",
       tip="Space in the gallery: the selected crop in its frame, and all that is known of it."),
    _A("gallery.copy_to", "Copy to project…", (), "mdi6.folder-arrow-right-outline", "Edit",
       tip="Copies the selected crops with their media, labels and tracks to another project."),
    _A("gallery.like", "More like this", (), "mdi6.image-search-outline", "Edit",
       tip="Shows in the gallery the crops that look most like the selected one first."),
    _A("app.palette", "Command palette…", ("Ctrl+K",), "mdi6.magnify", "Edit", always=True),
    _A("video.play", "Play", ("Space",), "mdi6.play", "Video", checkable=True, single=True),
    _A("video.back", "Frame back", ("A", "Left"), "mdi6.step-backward", "Video", single=True),
    _A("video.on", "Frame on", ("D", "Right"), "mdi6.step-forward", "Video", single=True),
    _A("video.back_ten", "Ten frames back", ("Shift+A", "Shift+Left"), "", "Video", single=True),
    _A("video.on_ten", "Ten frames on", ("Shift+D", "Shift+Right"), "", "Video", single=True),
    _A("video.first", "First frame", ("Home",), "mdi6.skip-previous", "Video", single=True),
    _A("video.last", "Last frame", ("End",), "mdi6.skip-next", "Video", single=True),
    _A("video.go", "Go to frame or time…", ("G", "Ctrl+G"), "mdi6.target", "Video", single=True),
    _A("video.in_mark", "Set in mark", ("I",), "mdi6.contain-start", "Video", single=True),
    _A("video.out_mark", "Set out mark", ("O",), "mdi6.contain-end", "Video", single=True),
    _A("video.clear_marks", "Clear in and out marks", ("Shift+I",), "", "Video", single=True),
    _A("video.loop", "Loop between marks", ("Shift+L",), "mdi6.repeat", "Video", checkable=True, single=True),
    _A("video.slower", "Slower", ("[",), "", "Video", single=True),
    _A("video.faster", "Faster", ("]",), "", "Video", single=True),
    _A("video.next_doubtful", "Next doubtful frame", ("E",), "mdi6.help-rhombus-outline", "Video", single=True),
    _A("video.previous_doubtful", "Previous doubtful frame", ("Shift+E",), "", "Video", single=True),
    _A("camera.record", "Record", ("Ctrl+Shift+R",), "mdi6.record-circle-outline", "Video", checkable=True,
       tip="Keeps every frame of the camera in the project. Frames with a box are kept without it."),
    _A("camera.freeze", "Freeze", (), "mdi6.snowflake", "Video", checkable=True,
       tip="Space: the camera's picture stands, and A and D go back through its last 30 seconds."),
    _A("camera.close", "Close the camera", (), "mdi6.webcam-off", "Video",
       tip="What was recorded and every frame with a box stays in the project, the others go."),
    _A("view.fit", "Fit the view", ("F",), "mdi6.fit-to-screen-outline", "View", single=True),
    _A("view.actual", "Actual pixels", ("Ctrl+1",), "", "View"),
    _A("view.zoom_in", "Zoom in", ("Ctrl++", "Ctrl+="), "mdi6.magnify-plus-outline", "View"),
    _A("view.zoom_out", "Zoom out", ("Ctrl+-",), "mdi6.magnify-minus-outline", "View"),
    _A("view.ghosts", "Boxes of neighbouring frames", (), "mdi6.ghost-outline", "View", checkable=True),
    _A("view.grid", "Pixel grid at high zoom", (), "mdi6.grid", "View", checkable=True),
    _A("view.layout_label", "Layout: Label", ("Alt+1",), "", "View"),
    _A("view.layout_curate", "Layout: Curate", ("Alt+2",), "", "View"),
    _A("view.layout_inspect", "Layout: Inspect", ("Alt+3",), "", "View"),
    _A("view.layout_train", "Layout: Train", ("Alt+4",), "", "View"),
    _A("view.layout_reset", "Reset layout", (), "mdi6.restore", "View"),
    _A("view.theme_light", "Light colours", (), "mdi6.white-balance-sunny", "View", checkable=True, always=True),
    _A("view.theme_dark", "Dark colours", (), "mdi6.weather-night", "View", checkable=True, always=True),
    _A("view.theme_system", "Colours of the system", (), "mdi6.theme-light-dark", "View", checkable=True, always=True),
    _A("tool.select", "Select", ("V",), "mdi6.cursor-default-outline", "Label", checkable=True, single=True),
    _A("label.draw_box", "Draw a box", ("W",), "mdi6.vector-square", "Label", checkable=True, single=True),
    _A("tool.ignore", "Draw an ignored box", (), "mdi6.eye-off-outline", "Label", checkable=True, single=True,
       tip="Neither positive nor negative: nothing is learned from it."),
    _A("tool.area", "Set the search area", (), "mdi6.crop-free", "Label", checkable=True, single=True,
       tip="Only inside it does live detection search this medium."),
    _A("tool.pan", "Move the view", ("H",), "mdi6.hand-back-right-outline", "Label", checkable=True, single=True),
    _A("track.forward", "Follow the box", ("T",), "mdi6.map-marker-path", "Label", single=True,
       tip="T or Esc stops, keeps what was found, fits the head and goes live."),
    _A("track.backward", "Follow the box back", ("Shift+T",), "", "Label", single=True),
    _A("track.count", "Follow for a number of frames…", (), "", "Label"),
    _A("track.until_unsure", "Follow until unsure", ("Ctrl+T",), "", "Label"),
    _A("track.keep_interpolated", "Keep interpolated boxes", (), "", "Label"),
    _A("track.occluded", "Occluded here", ("Ctrl+Shift+X",), "", "Label"),
    _A("track.outside", "Outside from here", ("Ctrl+Shift+Q",), "", "Label"),
    _A("label.nothing_here", "Nothing here", ("N",), "mdi6.cancel", "Label", single=True,
       tip="This frame, or the marked range, holds no object of the label."),
    _A("label.clear_nothing", "Take 'nothing here' back", ("Shift+N",), "", "Label", single=True),
    _A("gallery.mine", "Mine hard negatives", ("B",), "mdi6.pickaxe", "Label", single=True,
       tip="What the head takes for its objects where all of them are marked becomes negatives: one step."),
    _A("label.new", "New label…", (), "mdi6.tag-plus-outline", "Label"),
    _A("label.rename", "Rename label…", (), "", "Label"),
    _A("label.merge", "Merge label into…", (), "", "Label"),
    _A("label.delete", "Delete label…", (), "", "Label"),
    *(_A(f"label.key_{digit}", f"Label {digit}" if digit else "Background", (str(digit),), single=True)
      for digit in (*range(1, 10), 0)),
    _A("head.fit", "Fit the head", ("Ctrl+R",), "mdi6.lightning-bolt-outline", "Model"),
    _A("head.update_once", "Update once", (), "", "Model", tip="While frozen: let the head follow the corrections."),
    _A("head.frozen", "Freeze the head", (), "mdi6.snowflake", "Model", checkable=True,
       tip="Corrections are stored, and the head stays as it is."),
    _A("head.name", "Keep the head under a name…", (), "mdi6.content-save-outline", "Model"),
    _A("head.rename", "Rename the head…", (), "mdi6.rename-outline", "Model"),
    _A("head.delete", "Delete the head…", (), "mdi6.trash-can-outline", "Model",
       tip="Deletes the files of the chosen head; the run that trained it keeps its weights."),
    _A("head.export", "Export the head…", (), "mdi6.export", "Model"),
    _A("head.import", "Import a head…", (), "mdi6.import", "Model"),
    _A("gallery.what_if", "What if…", (), "mdi6.scale-balance", "Edit",
       tip="How the score would move if the selected crops had another label, or were not there."),
    _A("head.compare", "Compare two heads…", (), "mdi6.compare-horizontal", "Model",
       tip="Runs both over the same clip, and shows where they differ."),
    _A("head.try_layers", "Compare the layers", (), "mdi6.chart-scatter-plot", "Model",
       tip="Trains a head on every stage of the network: how good each is, and what it costs."),
    _A("run.prepare", "Train by a recipe…", (), "mdi6.school-outline", "Model",
       tip="When an SVM is not enough: dense layers, fine-tuning, a network from scratch, an embedding."),
    _A("run.delete", "Delete the run…", (), "mdi6.trash-can-outline", "Model",
       tip="Deletes the files of the run that is chosen in the Runs dock; its head stays."),
    _A("gallery.batch", "Preview the augmentation", (), "mdi6.image-filter-black-white", "Model",
       tip="The batch that a training sees, beside its originals, and what varies it: a part of the gallery."),
    _A("detect.live", "Live detection", ("L",), "mdi6.broadcast", "Model", checkable=True, single=True),
    _A("detect.mode", "Next search mode", ("M",), "", "Model", single=True, tip="fixed → search → track → dense"),
    _A("detect.confirm", "Confirm the detection", ("C",), "mdi6.check-bold", "Model", single=True),
    _A("detect.reject", "Reject the detection", (), "mdi6.close-thick", "Model"),
    _A("detect.next", "Next detection", ("Tab",), "", "Model", single=True),
    _A("detect.clip", "Run the head over the clip…", ("Ctrl+Shift+D",), "mdi6.movie-search-outline", "Model"),
    _A("media.remove", "Remove medium…", (), "", "File"),
    _A("media.relink", "Find missing media…", (), "mdi6.link-variant", "File"),
    _A("help.keys", "Keys", ("?", "Shift+?", "F1"), "mdi6.keyboard-outline", "Help", always=True),
    _A("help.change_keys", "Change keys…", (), "mdi6.keyboard-settings-outline", "Help", always=True),
    _A("help.about", "About and licences", (), "mdi6.information-outline", "Help", always=True),
)  # fmt: skip
