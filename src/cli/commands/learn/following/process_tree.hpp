// SPDX-License-Identifier: Apache-2.0
// Following a program and all that it starts, by ptrace(2).
#pragma once

#include "cli/commands/learn/following/backtrace.hpp"
#include "cli/commands/learn/following/former_files.hpp"
#include "cli/commands/learn/following/seals.hpp"
#include "cli/frame/exit_code.hpp"
#include "cli/system/descriptor.hpp"
#include "cli/tracing/tracee.hpp"

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace sealwax::cli::learn {

/// What is known of memory that one or more threads have.
struct AddressSpace {
  std::string program; ///< its path, as policies name it
  Seals seals;
  FormerFiles former_files;
  Range loader; ///< the code of ld.so, once somebody has asked; empty: nobody has
  /// What exec-gain denies, as prctl(2)'s PR_SET_MDWE has it.
  bool denies_exec_gain = false;
  bool denial_is_inherited = false;
  std::string denier; ///< the program that has asked for it
  /// Grows with all that may have added an object.
  unsigned generation = 0;
  /// Its objects and symbols when `generation` was that; null where nobody has asked.
  std::unique_ptr<Backtrace> backtrace;
  unsigned backtrace_generation = 0;

  /// What was sealed there is gone, and something else takes its place.
  void forget(Range range);
  [[nodiscard]] std::shared_ptr<AddressSpace> after_fork() const;
  [[nodiscard]] std::shared_ptr<AddressSpace> after_exec() const;
};

struct Thread {
  pid_t id = 0;
  std::shared_ptr<AddressSpace> space;
};

/// Told while the thread is stopped. What they throw of TraceeGone is taken care of.
class TreeListener {
public:
  TreeListener() = default;
  TreeListener(const TreeListener&) = delete;
  TreeListener& operator=(const TreeListener&) = delete;
  virtual ~TreeListener() = default;

  /// It has become another program: its address space is new and empty.
  virtual void executed(Thread& thread) = 0;
  /// A system call that the seccomp filter picked. True: its end is of interest too.
  virtual bool entering(Thread& thread, const SystemCall& call) = 0;
  /// `answer` is -errno where the call failed.
  virtual void leaving(Thread& thread, long answer) = 0;
};

/// How the first program ended.
struct Ending {
  bool executed = false;  ///< false: it never became the program, see `problem`
  int status = 0;         ///< as waitpid(2) gives it
  bool was_asked = false; ///< somebody has asked this process to end, or the terminal both
  ExitCode problem_code = kCouldNotTell;
  std::string problem;
};

class ProcessTree {
public:
  explicit ProcessTree(TreeListener& listener) : listener_(listener) {}

  /// Starts a child that does `become`, which executes a program or throws (CommandError), and
  /// follows it and its descendants until the last has ended. Signals that are for this process are
  /// passed on to it. Throws CommandError where it cannot be traced.
  [[nodiscard]] Ending run(const std::function<void()>& become);

private:
  /// A signal to this process.
  struct Request {
    int signal = 0;
    bool from_terminal = false;
  };

  void start(const std::function<void()>& become);
  void follow();
  void wait_for_something();
  void pass_on(const Request& request);

  void stopped(pid_t id, int status);
  void ended(pid_t id, int status);
  void event_stop(Thread& thread, int signal);
  void born(const Thread& parent, int event);
  void add(pid_t id, const Thread& parent, int event);
  void adopt(pid_t id);
  void executed(pid_t id);
  void read_problem();

  TreeListener& listener_;
  std::map<pid_t, Thread> threads_;
  std::set<pid_t> early_; ///< stopped before its parent told of it
  pid_t first_ = 0;
  Descriptor child_;
  Ending ending_;
  bool first_has_ended_ = false;
  bool asked_to_end_ = false;
  std::optional<Request> request_;
};

} // namespace sealwax::cli::learn
