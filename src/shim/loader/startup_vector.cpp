// SPDX-License-Identifier: Apache-2.0
#include "shim/loader/startup_vector.hpp"

#include "shim/kernel/kernel.hpp"
#include "shim/loader/loader.hpp"

#include <elf.h>

// Weak and unversioned: each may be missing (a program without libc, musl).
extern "C" {
[[gnu::weak]] extern void* __libc_stack_end; // glibc's ld.so: where the kernel put argc
// Set this early on musl only. A declaration that is not weak may have come before.
[[gnu::weak]] extern char** environ; // NOLINT(readability-redundant-declaration)
[[gnu::weak]] unsigned long getauxval(unsigned long type);
}

namespace sealwax::shim {
namespace {

void take(StartupVector& startup, const Elf64_auxv_t& entry) {
  const auto value = entry.a_un.a_val;
  switch (entry.a_type) {
  case AT_PAGESZ:
    startup.page = PageSize{value};
    break;
  case AT_SECURE:
    startup.secure = value != 0;
    break;
  case AT_EUID:
    startup.is_root = value == 0;
    break;
  case AT_SYSINFO_EHDR:
    startup.vdso = value;
    break;
  case AT_PHDR:
    startup.program_headers = value;
    break;
  case AT_PHNUM:
    startup.program_header_count = value;
    break;
  case AT_BASE:
    startup.interpreter = value;
    break;
  case AT_HWCAP:
    startup.hwcap = value;
    break;
  case AT_HWCAP2:
    startup.hwcap2 = value;
    break;
  case AT_EXECFN:
    startup.exec_name = reinterpret_cast<const char*>(value);
    break;
  default:
    break;
  }
}

/// argc, argv, NULL, envp, NULL, auxv (psABI, "Initial Stack and Register State"). A ld.so that was
/// started by hand has moved or skipped its own arguments; the order stays.
void take_stack(StartupVector& startup, void* const* stack_end) {
  startup.stack = reinterpret_cast<Address>(stack_end);
  const auto count = reinterpret_cast<std::size_t>(*stack_end);
  startup.arguments = {reinterpret_cast<const char* const*>(stack_end + 1), count};
  auto* cursor = stack_end + 1 + count;
  while (*cursor != nullptr)
    ++cursor;
  ++cursor;
  startup.environment = reinterpret_cast<const char* const*>(cursor);
  while (*cursor != nullptr)
    ++cursor;
  // Under AT_SECURE glibc has removed variables by then, and left as many null words more.
  while (*cursor == nullptr)
    ++cursor;
  const auto* entry = reinterpret_cast<const Elf64_auxv_t*>(cursor);
  for (; entry->a_type != AT_NULL; ++entry)
    take(startup, *entry);
}

constexpr unsigned long kWanted[] = {AT_PAGESZ, AT_SECURE, AT_EUID,   AT_SYSINFO_EHDR, AT_PHDR,
                                     AT_PHNUM,  AT_BASE,   AT_EXECFN, AT_HWCAP,        AT_HWCAP2};

void take_libc(StartupVector& startup) {
  for (const unsigned long type : kWanted)
    take(startup, Elf64_auxv_t{type, {getauxval(type)}});
}

void take_proc(StartupVector& startup) {
  const Reply opened = Kernel::open_to_read("/proc/self/auxv");
  if (!opened.ok())
    return;
  const int descriptor = static_cast<int>(opened.value());
  Elf64_auxv_t entries[64]; // more than there have ever been
  const Reply got = Kernel::read(descriptor, {reinterpret_cast<char*>(entries), sizeof entries});
  Kernel::close(descriptor);
  const std::size_t count = got.ok() ? static_cast<std::size_t>(got.value()) / sizeof *entries : 0;
  for (std::size_t i = 0; i < count && entries[i].a_type != AT_NULL; ++i)
    take(startup, entries[i]);
}

} // namespace

StartupVector StartupVector::read() {
  StartupVector startup;
  if (&__libc_stack_end != nullptr && __libc_stack_end != nullptr) {
    take_stack(startup, static_cast<void* const*>(__libc_stack_end));
    return startup;
  }
  if (&environ != nullptr)
    startup.environment = environ;
  if (getauxval != nullptr)
    take_libc(startup);
  else
    take_proc(startup);
  startup.stack = reinterpret_cast<Address>(startup.exec_name); // the kernel put it there
  // Where nothing needs libc, glibc leaves ld.so out of the search for symbols as well.
  if (startup.environment == nullptr && startup.interpreter != 0)
    if (const Address end = object_at(startup.interpreter).dynamic().variable("__libc_stack_end");
        end != 0)
      take_stack(startup, *reinterpret_cast<void* const* const*>(end));
  return startup;
}

Address StartupVector::stack_end() const {
  return exec_name == nullptr ? stack : page.up(reinterpret_cast<Address>(exec_name) + 1);
}

const char* StartupVector::program_file() const {
  constexpr const char* kLink = "/proc/self/exe";
  // Each of at most five handlers (fs/exec.c, exec_binprm) puts two words in front.
  constexpr std::size_t kMostInFront = 10;
  if (secure || exec_name == nullptr || *exec_name != '/' || arguments.empty())
    return kLink;
  const std::string_view given{exec_name};
  if (given.starts_with("/dev/fd/"))
    return kLink;
  for (std::size_t i = 1; i < arguments.size() && i <= kMostInFront; ++i)
    if (arguments[i] == given)
      return kLink;
  return exec_name;
}

std::string_view StartupVector::variable(std::string_view name, bool& found) const {
  found = false;
  if (secure || environment == nullptr)
    return {};
  for (const char* const* entry = environment; *entry != nullptr && !found; ++entry) {
    const char* at = *entry; // most differ in their first byte, and need not be read to their end
    std::size_t same = 0;
    while (same < name.size() && at[same] == name[same])
      ++same;
    found = same == name.size() && at[same] == '=';
    if (found)
      return at + same + 1;
  }
  return {};
}

} // namespace sealwax::shim
