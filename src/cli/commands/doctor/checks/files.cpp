// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/doctor/doctor.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/effective_policy.hpp"
#include "cli/sealing/policy_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <unistd.h>

namespace sealwax::cli {
namespace {

/// Where distributions have a C library, each of which may hold folders for several machines.
std::vector<std::string> library_folders(const SystemRoot& root) {
  std::vector<std::string> folders{"/lib64", "/lib"};
  for (const std::string& name : root.names("/lib"))
    if (name.find("-linux-") != std::string::npos)
      folders.push_back("/lib/" + name);
  return folders;
}

/// The minor version of glibc 2, by the banner that its libc.so.6 holds, or 0.
int glibc_version(const std::string& image) {
  constexpr std::string_view kBanner = " release version 2.";
  const std::size_t banner = image.find(kBanner);
  int version = 0;
  if (banner != std::string::npos)
    std::from_chars(image.data() + banner + kBanner.size(), image.data() + image.size(), version);
  return version;
}

Check describe_glibc(const std::string& path, int version) {
  const std::string name = "glibc";
  if (version == 0)
    return note(name, fmt::format("{}, of an unknown version", path));
  const std::string what = fmt::format("2.{}, {}", version, path);
  if (version < 34)
    return note(name, what + ": a library load inside libc can clear a pending dlerror(), and "
                             "objects that dlmopen opens are not found");
  if (version < 35)
    return note(name, what + ": objects that dlmopen opens are not found");
  if (version < 41)
    return note(name, what + ": a library that asks for an executable stack can no longer be "
                             "loaded late");
  return fine(name, what);
}

Check check_policy_access(const SystemRoot& root, const OpenFile& file) {
  const std::string outsiders = open_to_others(root, file);
  if (!outsiders.empty())
    return finding("owner and mode",
                   outsiders + ": whoever may write the policy says what is sealed, and setuid "
                               "programs ignore it",
                   "give the file and its folders to root, and chmod go-w");
  if ((file.status.st_mode & S_IROTH) == 0)
    return finding(
        "owner and mode",
        fmt::format("mode {:04o}: other users' programs cannot read it, and in those "
                    "{}",
                    file.status.st_mode & 07777U,
                    describe_in_place(mode_in_place_of(PolicyRefusal::unreadable, false))),
        fmt::format("chmod 0644 {}", printable(root.shown(file.path))));
  return fine("owner and mode", "root alone can write it, and all can read it");
}

Check check_policy_text(const SystemRoot& root, const OpenFile& file) {
  const std::string name = "policy";
  const std::string shown = root.shown(kSystemPolicy);
  const auto remedy = [](Mode mode) {
    return fmt::format("correct it; until then {}", describe_in_place(mode));
  };
  if (const PolicyRefusal refusal = refusal_of(facts_of(file.status), Trust::anybody);
      refusal != PolicyRefusal::none)
    return finding(name, fmt::format("{} is {}", printable(shown), describe(refusal)),
                   remedy(mode_in_place_of(refusal, false)));
  const std::optional<std::string> text = read_all(file.descriptor.number());
  if (!text)
    return unknown(name, fmt::format("cannot read {}: {}", printable(shown), std::strerror(errno)),
                   "look as root");
  const EffectivePolicy policy = EffectivePolicy::from_text(shown, *text, "");
  if (!policy.problem().empty())
    return finding(name, printable(policy.problem()), remedy(policy.rules().process().mode));
  return fine(name, fmt::format("{} is valid", printable(shown)));
}

/// What was taken from parts stays in the policy though their folder is gone.
std::optional<Check> check_policy_parts(const SystemRoot& root) {
  if (const std::string stale = stale_policy(root); !stale.empty())
    return finding("parts", printable(stale), "sealwax policy apply");
  if (!root.open(kPartsFolder))
    return std::nullopt;
  return fine("parts", fmt::format("the policy says what {} says", root.shown(kPartsFolder)));
}

} // namespace

CheckGroup check_libc(const SystemRoot& root) {
  CheckGroup group{"C library", {}};
  std::vector<std::string> seen;
  for (const std::string& folder : library_folders(root)) {
    const std::optional<OpenFile> file = root.open(folder + "/libc.so.6");
    if (!file || std::find(seen.begin(), seen.end(), file->path) != seen.end())
      continue;
    seen.push_back(file->path);
    const std::string image = root.text(*file).value_or("");
    group.checks.push_back(describe_glibc(printable(root.shown(file->path)), glibc_version(image)));
  }
  for (const std::string& name : root.names("/lib"))
    if (name.starts_with("ld-musl-"))
      group.checks.push_back(
          note("musl", fmt::format("{}: its programs read LD_PRELOAD, but not /etc/ld.so.preload",
                                   printable(root.shown("/lib/" + name)))));
  if (group.checks.empty())
    group.checks.push_back(unknown("libc", "neither glibc nor musl is where they usually are",
                                   "name the folder of a whole system with --root"));
  return group;
}

CheckGroup check_policy(const SystemRoot& root) {
  CheckGroup group{"policy", {}};
  const std::string shown = printable(root.shown(kSystemPolicy));
  if (const std::optional<OpenFile> file = root.open(kSystemPolicy))
    group.checks = {check_policy_text(root, *file), check_policy_access(root, *file)};
  else if (means_absent(errno))
    group.checks = {fine("policy", fmt::format("no {}: the built-in default holds", shown))};
  else
    return {"policy",
            {unknown("policy", fmt::format("cannot open {}: {}", shown, std::strerror(errno)),
                     "look as root")}};
  if (std::optional<Check> parts = check_policy_parts(root))
    group.checks.push_back(*std::move(parts));
  return group;
}

} // namespace sealwax::cli
