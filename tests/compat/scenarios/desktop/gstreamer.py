# SPDX-License-Identifier: Apache-2.0
"""GStreamer: its scanner, which loads every plugin there is, and pipelines of picture and sound."""

import hashlib

from box import find_program

PACKAGES = ["gstreamer1.0-tools", "gstreamer1.0-plugins-base", "gstreamer1.0-plugins-good"]
PROGRAMS = ["gst-"]
EXPECTED = ["scanned: True"]


def run(box):
    registry = {"GST_REGISTRY": str(box.folder / "registry.bin"), "XDG_RUNTIME_DIR": str(box.folder)}
    said = box.run(find_program("gst-inspect-1.0"), seconds=300, **registry)
    box.note("scanned:", "videoconvert" in said and (box.folder / "registry.bin").stat().st_size > 100000)
    launch = [find_program("gst-launch-1.0"), "-q"]
    for name, pipeline in {
        "picture": "videotestsrc num-buffers=20 ! videoconvert ! videoscale ! video/x-raw,width=160,height=120 ! "
                   "jpegenc ! avimux",
        "sound": "audiotestsrc num-buffers=50 ! audioconvert ! audioresample ! audio/x-raw,rate=8000 ! wavenc",
    }.items():
        box.run(*launch, *pipeline.split(), "!", "filesink", f"location={name}", **registry)
        box.note(f"{name}:", hashlib.sha256((box.folder / name).read_bytes()).hexdigest())
