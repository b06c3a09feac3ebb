// SPDX-License-Identifier: Apache-2.0
#include "start/policy.hpp"

#include "outside/kernel/kernel_call.hpp"
#include "start/text.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <climits>
#include <fcntl.h>

namespace sealwax::start {
namespace {

using outside::address_of;
using outside::call_failed;
using outside::File;
using outside::kernel_call;

/// Some 500 sections; only the pages that a policy fills are ever there.
constexpr std::size_t kMostText = std::size_t{32} << 10;
char text[kMostText];
char storage[ProgramPolicy::storage_bound(kMostText)];

/// Nobody but root and the user can write there; of what the tool says in words (cli/system,
/// weakness_of) never more than it.
bool is_own(const struct stat& status, unsigned user) {
  const bool sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
  const bool groups_own = user != 0 && status.st_gid == user;
  const unsigned others = groups_own ? S_IWOTH : S_IWGRP | S_IWOTH;
  return (status.st_uid == 0 || status.st_uid == user) &&
         (sticky || (status.st_mode & others) == 0);
}

/// Nor to one of the folders above.
bool is_kept(const char* path, unsigned user) {
  Text<PATH_MAX> folder;
  std::string_view rest{path};
  for (std::size_t end = rest.rfind('/'); end != std::string_view::npos; end = rest.rfind('/')) {
    rest = rest.substr(0, end);
    folder = {};
    folder << (rest.empty() ? std::string_view{"/"} : rest);
    struct stat status;
    if (folder.is_cut() ||
        call_failed(kernel_call(SYS_newfstatat, AT_FDCWD, address_of(folder.c_str()),
                                address_of(&status))) ||
        !is_own(status, user))
      return false;
  }
  return true;
}

/// The path by which policies name a program, which few of them ask for.
class OpenProgram {
public:
  explicit OpenProgram(const File& file) : file_(file) {}

  /// As ProgramPath::Ask.
  static bool ask(void* context, std::string_view& path) {
    auto& program = *static_cast<OpenProgram*>(context);
    Text<40> link;
    link << "/proc/self/fd/";
    link.put_number(static_cast<std::size_t>(program.file_.number()), 10);
    const long size = kernel_call(SYS_readlinkat, AT_FDCWD, address_of(link.c_str()),
                                  address_of(program.path_), sizeof program.path_);
    if (call_failed(size) || size == static_cast<long>(sizeof program.path_))
      return false;
    path = {program.path_, static_cast<std::size_t>(size)};
    return true;
  }

private:
  const File& file_;
  char path_[PATH_MAX];
};

/// Reads as the library does, and remembers whether there is something to be said.
class Source {
public:
  Source(const ProgramPath& program, unsigned user) : program_(program), user_(user) {}

  void read(const char* path, Absence absence) {
    const File file{path, O_NONBLOCK};
    if (!file.open()) {
      const bool absent = means_absent(static_cast<int>(-file.number()));
      has_fault_ |= !absent || absence == Absence::is_a_fault;
      rules_ = {};
      return;
    }
    struct stat status;
    if (call_failed(kernel_call(SYS_fstat, file.number(), address_of(&status))) ||
        refusal_of({status.st_mode, status.st_uid, static_cast<std::uint64_t>(status.st_size)},
                   trust_of(false, false)) != PolicyRefusal::none ||
        !is_own(status, user_) || !is_kept(path, user_))
      has_fault_ = true;
    else
      compile(file);
  }
  void refuse(PolicyRefusal, const char*) { has_fault_ = true; }
  [[nodiscard]] bool has_fault() const { return has_fault_; }
  [[nodiscard]] Environment environment() const { return rules_.process().environment; }
  [[nodiscard]] const ProgramPolicy& rules() const { return rules_; }

private:
  void compile(const File& file) {
    const long size = file.read(text, sizeof text);
    if (size < 0 || size == static_cast<long>(sizeof text)) {
      has_fault_ = true;
      return;
    }
    const Result<ProgramPolicy, PolicyError> rules = ProgramPolicy::compile(
        std::string_view{text, static_cast<std::size_t>(size)}, program_, Slice<char>{storage});
    has_fault_ |= !rules.ok();
    rules_ = *rules;
  }

  ProgramPath program_;
  unsigned user_;
  bool has_fault_ = false;
  ProgramPolicy rules_;
};

} // namespace

bool read_policy(const Startup& startup, const File& file, Wanted& wanted) {
  OpenProgram program{file};
  Source source{{OpenProgram::ask, &program}, startup.user};
  read_policy_in_force({startup.secure, startup.variable(kPolicyVariable)}, source);
  wanted.process = source.rules().process();
  wanted.program = wanted.process;
  std::string_view path;
  if (source.rules().names_objects()) {
    if (!OpenProgram::ask(&program, path))
      return false;
    wanted.program = source.rules().object(path, path);
  }
  return !source.has_fault();
}

} // namespace sealwax::start
