// SPDX-License-Identifier: Apache-2.0
#include "start/launch.hpp"

#include "deploy/places.hpp"
#include "outside/kernel/kernel_call.hpp"
#include "start/elf_headers.hpp"
#include "start/text.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace sealwax::start {
namespace {

using outside::address_of;
using outside::call_failed;
using outside::File;
using outside::kernel_call;

constexpr std::string_view kPreloadVariable = "LD_PRELOAD";
using Path = Text<kMostPath>;

/// linux/magic.h: on a disk, and so neither in memory, where text is moved, nor somewhere else,
/// where a read can wait for ever. XFS's, which is not there, is "XFSB".
constexpr long kDiskFileSystems[] = {0xef53 /* ext */,
                                     0x9123683e /* btrfs */,
                                     0x58465342 /* xfs */,
                                     0x794c7630 /* overlay */,
                                     0xf2f52010 /* f2fs */,
                                     0x73717368 /* squashfs */,
                                     0xe0f5e1e2 /* erofs */};

/// What `link` leads to. False: it is too long, or not there.
bool read_link(const char* link, Path& path) {
  char bytes[kMostPath + 1];
  const long size =
      kernel_call(SYS_readlinkat, AT_FDCWD, address_of(link), address_of(bytes), sizeof bytes);
  if (call_failed(size) || size == static_cast<long>(sizeof bytes))
    return false;
  path << std::string_view{bytes, static_cast<std::size_t>(size)};
  return !path.is_cut();
}

/// The options and PROGRAM: `run [--library FILE] [--] PROGRAM [ARGUMENT...]`. False: others.
bool read_arguments(char** arguments, const char*& library, char**& command) {
  char** at = arguments;
  if (*at == nullptr || *++at == nullptr || std::string_view{*at} != "run")
    return false;
  if (*++at != nullptr && std::string_view{*at} == "--library") {
    library = *++at;
    if (library == nullptr || *library != '/')
      return false;
    ++at;
  }
  const bool separated = *at != nullptr && std::string_view{*at} == "--";
  command = separated ? at + 1 : at;
  return *command != nullptr && **command != '\0' && (separated || **command != '-');
}

bool is_there(const char* path) {
  return !call_failed(kernel_call(SYS_faccessat, AT_FDCWD, address_of(path), F_OK));
}

/// Where the library is installed, unless there is one beside this program.
bool find_library(Path& library) {
  Path self;
  if (!read_link("/proc/self/exe", self) || self.view() != SEALWAX_TOOL)
    return false;
  Path beside;
  beside << self.view().substr(0, self.view().rfind('/')) << "/libsealwax.so";
  library << SEALWAX_LIBRARY_FOLDER "/libsealwax.so";
  return !beside.is_cut() && !is_there(beside.c_str());
}

/// ld.so(8) splits LD_PRELOAD at colons and blanks, musl at any white space, and `$` begins what
/// ld.so expands.
bool can_be_preloaded(const Path& library) {
  ElfHeaders headers;
  return !library.is_cut() &&
         library.view().find_first_of(": \t\n\v\f\r$") == std::string_view::npos &&
         headers.read(File{library.c_str()}) && headers.whole().e_type == ET_DYN &&
         headers.segment(PT_INTERP) == nullptr;
}

bool set_preload(const Startup& startup, const Path& library, Launch& launch) {
  const char* const present = startup.variable(kPreloadVariable);
  Text<sizeof launch.preload - 1> value;
  value << kPreloadVariable << "=" << library.view();
  if (present != nullptr && *present != '\0')
    value << ":" << present;
  std::memcpy(launch.preload, value.c_str(), value.view().size() + 1);
  return !value.is_cut();
}

bool may_be_executed(const char* path) {
  struct stat status;
  return !call_failed(
             kernel_call(SYS_newfstatat, AT_FDCWD, address_of(path), address_of(&status))) &&
         S_ISREG(status.st_mode) &&
         !call_failed(kernel_call(SYS_faccessat, AT_FDCWD, address_of(path), X_OK));
}

/// As execvp(3) does it. False also where a path is too long to tell.
bool find_program(const Startup& startup, std::string_view name, Path& found) {
  if (name.find('/') != std::string_view::npos) {
    found << name;
    return !found.is_cut() && may_be_executed(found.c_str());
  }
  const char* const path = startup.variable("PATH");
  std::string_view rest = path != nullptr ? path : "";
  while (!rest.empty()) {
    const std::size_t end = rest.find(':');
    const std::string_view folder = rest.substr(0, end);
    found = {};
    found << (folder.empty() ? std::string_view{"."} : folder) << "/" << name;
    if (found.is_cut())
      return false;
    if (may_be_executed(found.c_str()))
      return true;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return false;
}

/// Whether an exec of it changes whose rights it has, or the kernel could say that it does.
bool is_privileged(const File& file, const Startup& startup) {
  struct stat status;
  char capabilities;
  return call_failed(kernel_call(SYS_fstat, file.number(), address_of(&status))) ||
         (status.st_mode & (S_ISUID | S_ISGID)) != 0 ||
         (startup.user != 0 &&
          kernel_call(SYS_fgetxattr, file.number(), address_of("security.capability"),
                      address_of(&capabilities), 0) > 0);
}

bool is_on_disk(const File& file) {
  struct statfs status;
  if (call_failed(kernel_call(SYS_fstatfs, file.number(), address_of(&status))))
    return false;
  for (const long type : kDiskFileSystems)
    if (static_cast<long>(status.f_type) == type)
      return true;
  return false;
}

/// Whether mseal(2) does what it should, and no filter watches who calls it; and whether /proc is
/// that of this process's namespace.
bool can_seal_here(std::size_t page_size) {
  const int self = static_cast<int>(kernel_call(SYS_getpid));
  Text<16> name;
  name.put_number(static_cast<std::size_t>(self), 10);
  Path shown;
  const long filters = kernel_call(SYS_prctl, PR_GET_SECCOMP); // -EINVAL: the kernel knows none
  if (!read_link("/proc/self", shown) || shown.view() != name.view() ||
      (filters != 0 && filters != -EINVAL))
    return false;
  const auto size = static_cast<long>(page_size);
  const long page = kernel_call(SYS_mmap, 0, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return !call_failed(page) && kernel_call(outside::kMseal, page, size, 0) == 0 &&
         kernel_call(SYS_munmap, page, size) == -EPERM;
}

/// What is sealed without a look into files, and where it is.
bool can_be_done(const Settings& settings) {
  return settings.mode == Mode::enforce && !settings.seal.has(Region::data) &&
         settings.text != TextPlace::private_memory;
}

/// Whether no other file can take the numbers of stdin, stdout and stderr.
bool has_standard_descriptors() {
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number)
    if (call_failed(kernel_call(SYS_fcntl, number, F_GETFD)))
      return false;
  return true;
}

} // namespace

bool understand(const Startup& startup, Launch& launch) {
  const char* named_library = nullptr;
  Path library, program;
  if (startup.secure || !read_arguments(startup.arguments, named_library, launch.command) ||
      !has_standard_descriptors())
    return false;
  if (named_library != nullptr)
    library << named_library;
  else if (!find_library(library))
    return false;
  if (!can_be_preloaded(library) || !set_preload(startup, library, launch) ||
      !find_program(startup, *launch.command, program))
    return false;
  std::memcpy(launch.program, program.c_str(), program.view().size() + 1);
  const File file{launch.program, O_NONBLOCK};
  ElfHeaders headers;
  return headers.read(file) && headers.is_static(file) && !headers.is_packed() &&
         !is_privileged(file, startup) && is_on_disk(file) && can_seal_here(startup.page_size) &&
         read_policy(startup, file, launch.wanted) && can_be_done(launch.wanted.process) &&
         can_be_done(launch.wanted.program);
}

} // namespace sealwax::start
