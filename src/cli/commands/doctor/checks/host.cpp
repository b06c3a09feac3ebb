// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/doctor/doctor.hpp"
#include "cli/commands/doctor/facts/kernel_config.hpp"
#include "cli/system/kernel_probe.hpp"

#include <fmt/format.h>

#include <sstream>

namespace sealwax::cli {
namespace {

constexpr const char* kYama = "/proc/sys/kernel/yama/ptrace_scope";
constexpr const char* kUserfaultfd = "/proc/sys/vm/unprivileged_userfaultfd";

/// The last proc_mem.force_override= on the kernel's command line, which is the one that holds
/// (Documentation/admin-guide/kernel-parameters.txt). Empty: none.
std::string forced_by_command_line(const SystemRoot& root) {
  constexpr std::string_view kParameter = "proc_mem.force_override=";
  std::istringstream words{root.text("/proc/cmdline").value_or("")};
  std::string value;
  for (std::string word; words >> word;)
    if (word.starts_with(kParameter))
      value = word.substr(kParameter.size());
  return value;
}

/// always, ptrace or never, as the kernel's files say it. Empty: they do not.
std::string memory_override(const SystemRoot& root) {
  std::string value = forced_by_command_line(root);
  if (value == "always" || value == "ptrace" || value == "never")
    return value;
  const std::string config = kernel_config(root);
  if (has_option(config, "CONFIG_PROC_MEM_NO_FORCE"))
    return "never";
  if (has_option(config, "CONFIG_PROC_MEM_FORCE_PTRACE"))
    return "ptrace";
  return has_option(config, "CONFIG_PROC_MEM_ALWAYS_FORCE") ? "always" : "";
}

Check check_memory_files(const SystemRoot& root) {
  const std::string name = "/proc/PID/mem";
  const std::string remedy =
      "boot with proc_mem.force_override=never (Linux 6.12 and later); debuggers that set "
      "breakpoints by it then need =ptrace";
  std::string value = memory_override(root);
  // What is tried out counts more than what files say.
  if (const std::optional<bool> writes = root.is_own() ? probe_memory_file() : std::nullopt)
    value = *writes ? "always" : value == "ptrace" ? "ptrace" : "never";
  if (value == "never")
    return fine(name, "no write reaches read-only memory");
  if (value == "ptrace")
    return fine(name, "only a debugger's writes reach read-only memory");
  if (value == "always")
    return finding(name, "a process can write to its own sealed memory, whatever its protection",
                   remedy);
  return unknown(name,
                 "neither the kernel's command line nor its configuration says whether writes "
                 "reach read-only memory",
                 remedy);
}

Check check_ptrace_scope(const SystemRoot& root) {
  const std::string name = "ptrace_scope";
  const std::optional<std::string> text = root.text(kYama);
  if (!text)
    return finding(name,
                   "this kernel runs without Yama: a process may trace any other of its user, and "
                   "write to what is sealed in it",
                   "boot a kernel with CONFIG_SECURITY_YAMA, with yama in lsm=, and set "
                   "kernel.yama.ptrace_scope = 1");
  if (text->starts_with('0'))
    return finding(name,
                   "0: a process may trace any other of its user, and write to what is sealed in "
                   "it",
                   "set kernel.yama.ptrace_scope = 1, or 2, in a file in /etc/sysctl.d");
  if (text->starts_with('1'))
    return fine(name, "1: a process may trace its own children only");
  if (text->starts_with('2'))
    return fine(name, "2: only those with CAP_SYS_PTRACE may trace");
  return fine(name, "3: nobody may trace");
}

/// 0 still lets a process handle its own faults with UFFD_USER_MODE_ONLY (userfaultfd(2)), and
/// that is all it takes to fill a page that nothing has touched, sealed or not.
Check check_userfaultfd(const SystemRoot& root) {
  const std::string name = "userfaultfd";
  const std::optional<std::string> text = root.text(kUserfaultfd);
  if (!text)
    return fine(name, "this kernel has none");
  if (!text->starts_with('0'))
    return finding(name,
                   "any process may fill sealed anonymous pages that nothing has touched yet, the "
                   "kernel's accesses included",
                   "set vm.unprivileged_userfaultfd = 0 in a file in /etc/sysctl.d");
  const std::optional<OpenFile> device = root.open("/dev/userfaultfd");
  if (device && (device->status.st_mode & S_IROTH) != 0)
    return finding(name, "any process may open /dev/userfaultfd", "chmod 0600 /dev/userfaultfd");
  return note(name,
              "a process may still fill its own sealed anonymous pages that nothing has touched "
              "yet (UFFD_USER_MODE_ONLY)",
              "SystemCallFilter=~userfaultfd, in units that do without it");
}

} // namespace

CheckGroup check_host(const SystemRoot& root) {
  if (!root.is_own() && root.names("/proc").empty())
    return {"beside sealing",
            {note("/proc", fmt::format("nothing can be said: {} is empty", root.shown("/proc")))}};
  return {"beside sealing",
          {check_memory_files(root), check_ptrace_scope(root), check_userfaultfd(root)}};
}

} // namespace sealwax::cli
