# SPDX-License-Identifier: Apache-2.0
"""Architectures that no machine here has: built for, booted from Debian's own packages, attacked."""

import pathlib
import re
import shutil
from dataclasses import dataclass

import archive
import declared
import guest
import toolbox
import witness
from cases import expect, split_at_markers

HERE = pathlib.Path(__file__).parent.resolve()
SOURCE = HERE.parents[1]
FILE_TEST = SOURCE / "tests/preload/library_file.py"


@dataclass(frozen=True)
class Architecture:
    name: str  # of its cases
    debian: str  # Debian's name of it
    cross: str  # the cross file
    triple: str
    suite: str  # of Debian, whose kernel and libc are booted
    kernel: str  # its flavour
    page_kib: int
    left_out: frozenset = frozenset()  # of TESTS
    title: str = ""  # in the table of systems, where that is not its name
    packages: tuple = ()  # of the suite, where this machine's own compiler or emulator is too old

    def tool(self, name):
        return f"{self.triple}-{name}"


ARCHITECTURES = {
    architecture.name: architecture
    for architecture in (
        # The library and its tests once more, on pages of another size.
        Architecture("aarch64-16k", "arm64", "aarch64.ini", "aarch64-linux-gnu", "forky", "arm64-16k", 16,
                     title="aarch64, pages of 16 KiB"),
        # The compiler came with Debian 13, and an emulator that boots a kernel without firmware.
        Architecture("loong64", "loong64", "loong64.ini", "loongarch64-linux-gnu", "forky", "loong64", 16,
                     packages=("g++-loongarch64-linux-gnu", "qemu-system-misc")),
        Architecture("ppc64el", "ppc64el", "ppc64el.ini", "powerpc64le-linux-gnu", "forky",
                     "powerpc64le-64k", 64),
        Architecture("riscv64", "riscv64", "riscv64.ini", "riscv64-linux-gnu", "forky", "riscv64", 4,
                     # GNU ld 2.40 has every program's GOT behind its RELRO there.
                     left_out=frozenset({"got_is_forged"})),
        Architecture("s390x", "s390x", "s390x.ini", "s390x-linux-gnu", "forky", "s390x", 4),
    )
}

# What the tests attack has constants apart from code, which not every linker does by itself.
SEPARATE = "-Dc_link_args=-Wl,-z,separate-code"

# What a guest tries of tests/attack and tests/preload, in the order of what it is about: code,
# tables, the vdso, what comes late, filters, set-user-ID, and who is told of a refusal.
TESTS = """
code_is_made_writable got_is_forged libc_page_is_moved_away libc_page_is_unmapped_and_replaced
new_code_is_brought_in partly_sealed_range_protects_its_sealed_part relro_is_discarded
sealed_data_and_stack_keep_their_protection shim_is_disarmed vdso_is_replaced
constructor_cannot_open_libc_text constructor_that_loads_more_keeps_its_group_sealed
deep_bound_library_is_sealed_in_time load_group_keeps_its_order name_service_module_is_sealed
library_without_hook_is_sealed_at_the_next_dlsym closed_library_leaves_its_sealed_pages_only
failed_load_leaves_nothing closed_plugin_that_is_overwritten_is_loaded_anew
dlsym_next_is_the_callers_next plugin_is_found_beside_its_opener lazy_binding_still_works
forked_child_inherits_and_exec_is_sealed_anew main_finds_errno_and_descriptors_untouched
data_and_stack_work_while_sealed
inherited_filter_kills_on_mseal inherited_filter_kills_on_all_that_is_unusual
at_secure_ignores_the_environments_policy at_secure_heeds_roots_policy
enforce_for_one_object audit_lets_through_and_reports hole_in_what_is_sealed_is_refused
"""

SCRIPT = """
/bin/busybox --install -s /bin
export PATH=/bin
echo "=== page"
grep -m 1 KernelPageSize /proc/self/smaps
echo "=== without the shim"
/witness 2>&1; echo "status $?"
echo "=== with the shim"
LD_PRELOAD=/tests/libsealwax.so /witness 2>&1; echo "status $?"
echo "=== contract"
/contract 2>&1; echo "status $?"
""" + witness.COUNTS.format(at="", library="/tests/libsealwax.so")


TOOLS = ("gcc", "g++", "ar", "strip", "nm")


def build(cache, architecture):
    """The library and the tests, with warnings as errors; returns the build folder."""
    if architecture.packages:
        programs = [architecture.tool(name) for name in TOOLS]
        toolbox.put_on_path(cache, architecture.suite, f"{architecture.name}-tools", architecture.packages,
                            [*programs, guest.MACHINES[architecture.debian][0]])
    folder = cache / architecture.name
    if not (folder / "build.ninja").exists():
        archive.run("meson", "setup", folder, SOURCE, "--cross-file", HERE / architecture.cross,
                    "-Dcli=false", "-Dwerror=true", "-Doptimization=1", SEPARATE)
    archive.run("ninja", "-C", folder, "src/shim/libsealwax.so", "tests/preload/libevery_fault.so")
    return folder


def check_file(folder):
    """As a loader would read it; a library with every fault shows that each check finds its own."""
    archive.run(FILE_TEST, folder / "src/shim/libsealwax.so", folder / "tests/preload/libevery_fault.so")


def tests_of(architecture, folder):
    known = declared.all_of(folder)
    return [known[name] for name in TESTS.split() if name not in architecture.left_out]


def make_root(source, architecture, folder, scratch):
    root = guest.root_with_busybox(source, scratch)
    archive.unpack(source.package("libc6"), root)
    (root / "etc").mkdir(exist_ok=True)
    declared.compile_into(root, folder, tests_of(architecture, folder))
    shutil.copy(folder / "src/shim/libsealwax.so", root / "tests/libsealwax.so")
    compiler = architecture.tool("gcc")
    witness.build_programs(root, compiler=compiler)
    for name, source_file in (("contract", SOURCE / "tests/contract/contract.c"),
                              ("as_nobody", HERE / "as_nobody.c")):
        archive.run(compiler, "-O1", "-static", "-o", root / name, source_file)
    return root


def is_of_keys(line):
    """Without protection keys the kernel has no pkey_mprotect to refuse."""
    return line.startswith("pkey_mprotect")


def boot(case, architecture, folder):
    """What the guest said in parts by their title, and what is not as declared."""
    source = case.archive(architecture.suite, architecture.debian)
    root = make_root(source, architecture, folder, case.scratch)
    kernel = guest.kernel_of(source, case.scratch, architecture.kernel)
    tests = tests_of(architecture, folder)
    script = SCRIPT + declared.script_of(tests)
    lines = guest.boot(architecture.debian, kernel, root, script, case.scratch, seconds=1800,
                       options="rootfstype=ramfs")
    parts = split_at_markers(lines)
    expect("page", [re.sub(r"\s+", " ", line) for line in parts["page"]],
           [f"KernelPageSize: {architecture.page_kib} kB"])
    return parts, declared.check(tests, parts, folder, architecture.tool("nm"), is_of_keys)
