# SPDX-License-Identifier: Apache-2.0
"""A Vulkan driver, Mesa's that draws by the processor, found by its ICD file, loaded late and asked what it can."""

import glob

from box import Missing, find_program

PACKAGES = ["mesa-vulkan-drivers", "vulkan-tools"]
PROGRAMS = ["vulkaninfo"]
EXPECTED = ["deviceType = PHYSICAL_DEVICE_TYPE_CPU"]


def run(box):
    drivers = glob.glob("/usr/share/vulkan/icd.d/lvp_icd.*.json")
    if not drivers:
        raise Missing("lvp_icd.json")
    said = box.run_untold(find_program("vulkaninfo"), "--summary", VK_ICD_FILENAMES=drivers[0],
                          XDG_RUNTIME_DIR=str(box.folder))
    for line in said.splitlines():
        words = " ".join(line.split())
        if words.startswith(("deviceType", "deviceName", "driverName", "apiVersion")):
            box.note(words)
