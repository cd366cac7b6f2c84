"""All plug points, a line for each entry. Listing them imports nothing."""

from __future__ import annotations

from studio.core.registry import Entry, Registry

trackers = Registry(
    "tracker",
    Entry("ridge", "Ridge filter on the backbone's features (default)", "studio.ml.trackers.ridge:RidgeTracker"),
    Entry("csrt", "CSRT (OpenCV)", "studio.ml.trackers.opencv:csrt"),
    Entry("kcf", "KCF (OpenCV)", "studio.ml.trackers.opencv:kcf"),
    Entry("mil", "MIL (OpenCV)", "studio.ml.trackers.opencv:mil"),
    Entry("nanotrack", "NanoTrack v2 (weights: studio models get nanotrack)", "studio.ml.trackers.opencv:nanotrack"),
    Entry("vittrack", "ViT tracker (weights: studio models get vittrack)", "studio.ml.trackers.opencv:vittrack"),
)

search_modes = Registry(
    "search mode",
    Entry("fixed", "The centre window", "studio.ml.search.coarse:FixedSearch"),
    Entry("search", "Four tiles, then track", "studio.ml.search.coarse:TileSearch"),
    Entry("track", "Four windows around the last hit", "studio.ml.search.coarse:TrackSearch"),
    Entry("dense", "Every position and size, on feature maps", "studio.ml.search.dense:DenseSearch"),
)

ways_of_explaining = Registry(
    "way of explaining",
    Entry("gradcam", "Grad-CAM", "studio.ml.reasons.methods:GRAD_CAM"),
    Entry("integrated", "Integrated gradients", "studio.ml.reasons.methods:INTEGRATED"),
    Entry("occlusion", "Occlusion", "studio.ml.reasons.methods:OCCLUSION"),
)

formats = Registry(
    "format",
    Entry("coco", "COCO", "studio.core.formats.coco:FORMAT"),
    Entry("yolo", "YOLO (Ultralytics; reads Darknet's too)", "studio.core.formats.yolo:FORMAT"),
    Entry("voc", "Pascal VOC", "studio.core.formats.voc:FORMAT"),
    Entry("cvat", "CVAT for video (reads CVAT for images too)", "studio.core.formats.cvat:FORMAT"),
    Entry("mot", "MOT Challenge", "studio.core.formats.mot:FORMAT"),
    Entry("labelme", "LabelMe", "studio.core.formats.labelme:FORMAT"),
    Entry("image-folder", "Class folders", "studio.core.formats.image_folder:FORMAT"),
    Entry("csv", "CSV", "studio.core.formats.csv_table:FORMAT"),
)

recipes = Registry(
    "recipe",
    Entry("svm", "SVM head", "studio.core.recipes.svm:RECIPE"),
    Entry("logistic", "Logistic regression", "studio.core.recipes.logistic:RECIPE"),
    Entry("nearest-mean", "Nearest mean", "studio.core.recipes.nearest_mean:RECIPE"),
    Entry("fast-transfer", "Fast transfer", "studio.core.recipes.fast_transfer:RECIPE"),
    Entry("frozen", "Frozen base", "studio.core.recipes.frozen:RECIPE"),
    Entry("warm-up", "Warm-up, then fine-tune", "studio.core.recipes.warm_up:RECIPE"),
    Entry("fine-tune-top", "Fine-tune the top", "studio.core.recipes.fine_tune_top:RECIPE"),
    Entry("from-scratch", "From scratch", "studio.core.recipes.from_scratch:RECIPE"),
    Entry("embedding", "Embedding", "studio.core.recipes.embedding:RECIPE"),
    Entry("as-is", "As it is", "studio.core.recipes.as_is:RECIPE"),
)
