// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/doctor/doctor.hpp"
#include "cli/process/mountinfo.hpp"
#include "cli/process/process_facts.hpp"
#include "cli/process/procfs.hpp"
#include "cli/system/kernel_probe.hpp"
#include "model/policy/held_policy.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <dlfcn.h>
#include <unistd.h>

namespace sealwax::cli {
namespace {

constexpr const char* kNewerKernel = "boot Linux 6.10 or later";
constexpr const char* kFilterHere =
    "look where no seccomp filter is, or let the filter here allow mseal (a container's profile, "
    "a unit's SystemCallFilter=)";

Check check_mseal() {
  utsname kernel{};
  uname(&kernel);
  const std::string name = "mseal";
  switch (probe_mseal()) {
  case Mseal::works:
    return fine(name, fmt::format("works (Linux {})", kernel.release));
  case Mseal::missing:
    // A container's filter gives this answer for what it does not know.
    if (is_filtered(SystemRoot{}.text("/proc/self/status").value_or("")))
      return finding(name,
                     fmt::format("is missing: Linux {} has none, or the seccomp filter that this "
                                 "process is under says so",
                                 kernel.release),
                     fmt::format("{}; {}", kNewerKernel, kFilterHere));
    return finding(name,
                   fmt::format("Linux {} has none: programs run unsealed, as if the library were "
                               "not there",
                               kernel.release),
                   kNewerKernel);
  case Mseal::refused:
    return finding(name, "is refused, by a seccomp filter that this process is under", kFilterHere);
  case Mseal::killed:
    return finding(name, "kills, by a seccomp filter that this process is under", kFilterHere);
  case Mseal::idle:
    return finding(name, "succeeds and seals nothing; this is no ordinary Linux kernel",
                   "run programs on a kernel that seals (gVisor and the like do not)");
  case Mseal::unknown:
    break;
  }
  return unknown(name, "could not be tried: no child process can be made",
                 "free processes or memory, and try again");
}

Check check_procmap_query() {
  const std::string name = "PROCMAP_QUERY";
  const std::optional<bool> answers = probe_procmap_query();
  if (!answers)
    return unknown(name, "could not be tried: /proc/self/maps cannot be opened", "mount /proc");
  if (*answers)
    return fine(name, "works");
  return note(name,
              "is missing (Linux before 6.11): the library reads /proc/self/maps as text, which "
              "every start of a program pays with some microseconds");
}

Check check_mdwe() {
  switch (probe_mdwe()) {
  case Mdwe::works:
    return fine("MDWE", "works: a policy can say 'exec-gain = deny'");
  case Mdwe::missing:
    return note("MDWE", "is missing: 'exec-gain = deny' in a policy has no effect here",
                "boot a kernel that has PR_SET_MDWE (Linux 6.3 and later)");
  case Mdwe::unknown:
    break;
  }
  return unknown("MDWE", "could not be tried in a child process",
                 "try where no seccomp filter kills for prctl");
}

/// By this process's own vdso, which a preloaded library may have sealed.
Check check_system_mappings() {
  const std::string name = "system mappings";
  const std::vector<Mapping> mappings = Process{getpid()}.mappings();
  const auto vdso = std::find_if(mappings.begin(), mappings.end(),
                                 [](const Mapping& mapping) { return mapping.name == "[vdso]"; });
  if (vdso == mappings.end())
    return note(name, "this kernel maps no vdso");
  if (!vdso->sealed)
    return fine(name, "the kernel leaves vdso and vvar open; the library seals them");
  // Not by its mappings: none has its name where it has moved itself to private memory.
  if (dlsym(RTLD_DEFAULT, kHeldPolicyName) != nullptr)
    return fine(name, "the library, which is loaded here too, has sealed vdso and vvar");
  return fine(name, "the kernel seals vdso and vvar before a program starts");
}

/// Of what is mounted last there.
std::string proc_options(const SystemRoot& root) {
  const std::string mountinfo = root.text("/proc/self/mountinfo").value_or("");
  std::string options;
  for (const Mount& mount : mounts_in(mountinfo))
    if (mount.root == "/" && mount.place == "/proc" && mount.type == "proc")
      options = mount.system_options;
  return options;
}

Check check_hidepid(const SystemRoot& root) {
  if (proc_options(root).find("hidepid=") == std::string::npos)
    return fine("hidepid", "every user sees every process");
  return note("hidepid", "/proc hides other users' processes: only root has the whole status");
}

} // namespace

CheckGroup check_kernel() {
  CheckGroup group{"kernel", {check_mseal(), check_procmap_query(), check_mdwe()}};
  try {
    group.checks.push_back(check_system_mappings());
  } catch (const ProcessError& error) {
    group.checks.push_back(unknown("system mappings", error.what(), "mount /proc"));
  }
  return group;
}

CheckGroup check_proc() {
  const SystemRoot root;
  const std::optional<std::string> smaps = root.text("/proc/self/smaps");
  if (!smaps)
    return {"proc",
            {finding("/proc",
                     "is missing: late loads stay open, vdso and vvar too, and status cannot tell",
                     "mount it: mount -t proc proc /proc")}};
  Check flags = fine("VmFlags", "/proc/PID/smaps shows what is sealed");
  if (smaps->find("VmFlags:") == std::string::npos)
    flags = finding("VmFlags", "/proc/PID/smaps shows no flags, so that status cannot tell",
                    "boot a kernel with CONFIG_PROC_PAGE_MONITOR");
  return {"proc", {fine("/proc", "is mounted"), flags, check_hidepid(root)}};
}

} // namespace sealwax::cli
