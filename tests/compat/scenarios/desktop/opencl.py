# SPDX-License-Identifier: Apache-2.0
"""An OpenCL driver, pocl's, found by its ICD file and loaded late, that compiles a kernel and loads it again."""

from box import find_library, find_program

PACKAGES = ["pocl-opencl-icd", "ocl-icd-libopencl1"]
PROGRAMS = ["squares"]
EXPECTED = ["platform Portable Computing Language", "sum of squares 357389824"]


def run(box):
    library = find_library("libOpenCL.so.1")
    program = box.compile("squares", "opencl_squares.c", library)
    box.run(program, seconds=240, POCL_CACHE_DIR=str(box.folder / "cache"), OCL_ICD_VENDORS="/etc/OpenCL/vendors")
