// SPDX-License-Identifier: Apache-2.0
// What a start, or a library that is loaded late, costs in what can be counted:
//
//     cost SCENARIO CEILINGS LIBRARY SCENE PLUGIN DEFAULT_POLICY [CALLS_MORE]
//
// CEILINGS has a line for each scenario. More than it says is a failure; CALLS_MORE are counted as
// if the library made so many calls more.
#include "stepped_run.hpp"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <unistd.h>

namespace sealwax::cost {
namespace {

namespace fs = std::filesystem;

struct Scenario {
  const char* policy; ///< null: none
  const char* work;   ///< between the marks; null: the start itself is counted
};

const std::map<std::string, Scenario>& scenarios() {
  static const std::map<std::string, Scenario> all = {
      {"default", {nullptr, nullptr}},
      {"policy_file", {"", nullptr}}, // the installed default
      {"in_place", {"relro = in-place\n", nullptr}},
      {"trust", {"seccomp = trust\n", nullptr}},
      {"trust_in_place", {"seccomp = trust\nrelro = in-place\n", nullptr}},
      {"off", {"mode = off\n", nullptr}},
      {"late_load", {nullptr, "load"}},
      {"late_load_in_place", {"relro = in-place\n", "load"}},
      {"late_load_pinned", {"dlopen = pin\n", "load"}},
      {"late_load_again", {nullptr, "load-again"}},
      {"late_look_up", {nullptr, "look-up"}},
  };
  return all;
}

struct Costs {
  std::uint64_t calls = 0, faults = 0, mappings = 0, instructions = 0;
};

/// A folder whose name is as long in every checkout, on no file system in memory: what lies there
/// the library moves.
class Folder {
public:
  Folder() {
    for (const char* const parent : {"/var/tmp", "/tmp", "/root"}) {
      struct statfs is = {};
      std::string name = std::string{parent} + "/sealwax-cost-XXXXXX";
      if (statfs(parent, &is) == 0 && is.f_type != TMPFS_MAGIC && mkdtemp(name.data()) != nullptr) {
        path_ = name;
        return;
      }
    }
    give_up("there is no folder for temporary files on a disk");
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string copy(const char* file, const char* name) const {
    fs::copy_file(file, path_ / name);
    return path_ / name;
  }
  [[nodiscard]] std::string write(const char* name, const std::string& text) const {
    std::ofstream{path_ / name} << text;
    return path_ / name;
  }

private:
  fs::path path_;
};

Costs measure(const Scenario& scenario, char** files) {
  const Folder folder;
  const std::string library = folder.copy(files[0], "libsealwax.so");
  Command bare{{folder.copy(files[1], "scene")}, {"PATH=/usr/bin:/bin"}};
  if (scenario.work != nullptr) {
    bare.words.emplace_back(scenario.work);
    bare.words.push_back(folder.copy(files[2], "libplugin.so"));
  }
  Command sealed = bare;
  sealed.environment.push_back("LD_PRELOAD=" + library);
  if (scenario.policy != nullptr) {
    const std::string text = std::string{"sealwax-policy 1\n[defaults]\n"} + scenario.policy;
    const std::string file = *scenario.policy == '\0' ? folder.copy(files[3], "policy.conf")
                                                      : folder.write("policy.conf", text);
    sealed.environment.push_back("SEALWAX_POLICY=" + file);
  }
  const Footprint before = footprint_of(bare);
  const Footprint after = footprint_of(sealed);
  const Steps steps =
      steps_of(sealed, library, scenario.work != nullptr ? Counted::between_marks : Counted::start);
  for (const long call : steps.calls)
    std::printf("call %ld\n", call);
  return {steps.calls.size(), after.faults - before.faults, after.mappings - before.mappings,
          steps.instructions};
}

Costs ceilings_of(const std::string& scenario, const char* file) {
  std::ifstream lines{file};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::string name;
    Costs most;
    if (words >> name >> most.calls >> most.faults >> most.mappings >> most.instructions &&
        name == scenario)
      return most;
  }
  give_up(std::string{"no ceilings for "} + scenario + " in " + file);
}

bool is_kept(const char* what, std::uint64_t is, std::uint64_t most) {
  const bool kept = is <= most;
  std::printf("%s: %llu of at most %llu%s\n", what, static_cast<unsigned long long>(is),
              static_cast<unsigned long long>(most), kept ? "" : ", which is too many");
  return kept;
}

} // namespace
} // namespace sealwax::cost

int main(int count, char** arguments) {
  using namespace sealwax::cost;
  if (count < 7 || !scenarios().contains(arguments[1]))
    give_up("usage: cost SCENARIO CEILINGS LIBRARY SCENE PLUGIN DEFAULT_POLICY [CALLS_MORE]");
  const std::string name = arguments[1];
  if (std::filesystem::exists("/etc/sealwax/policy.conf"))
    give_up("this system has a policy of its own");
  Costs costs = measure(scenarios().at(name), arguments + 3);
  costs.calls += count > 7 ? std::stoul(arguments[7]) : 0;
  const Costs most = ceilings_of(name, arguments[2]);
  const bool all_kept =
      static_cast<int>(is_kept("system calls", costs.calls, most.calls)) &
      static_cast<int>(is_kept("page faults", costs.faults, most.faults)) &
      static_cast<int>(is_kept("mappings", costs.mappings, most.mappings)) &
      static_cast<int>(is_kept("instructions", costs.instructions, most.instructions));
  return all_kept ? 0 : 1;
}
