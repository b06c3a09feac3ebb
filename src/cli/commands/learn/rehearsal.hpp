// SPDX-License-Identifier: Apache-2.0
// A run of a program as under its policy, with every seal asked for and none made.
#pragma once

#include "cli/commands/learn/closings.hpp"
#include "cli/commands/learn/following/backtrace.hpp"
#include "cli/commands/learn/following/process_tree.hpp"
#include "cli/commands/learn/following/requested_calls.hpp"
#include "cli/exceptions/refused_calls.hpp"
#include "cli/process/procfs.hpp"
#include "cli/sealing/preload.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli::learn {

/// Whether /etc/ld.so.preload has the library.
[[nodiscard]] bool reaches_every_program();

/// The library in the program does all that the policy says, and what it asks the kernel to seal is
/// answered here: the kernel never hears of it, and this knows exactly what would be sealed, from
/// when on. A call that it would refuse goes through and is noted. So the program runs as it will
/// with the exceptions, and on kernels without mseal(2) too.
class Rehearsal : public TreeListener {
public:
  explicit Rehearsal(const Library& library);

  void executed(Thread& thread) override;
  bool entering(Thread& thread, const SystemCall& call) override;
  void leaving(Thread& thread, long answer) override;

  /// False: the library has nowhere asked for a seal, so nothing could be found.
  [[nodiscard]] bool seals_were_asked_for() const { return seals_were_asked_for_; }
  [[nodiscard]] const RefusedCalls& refused_calls() const { return refused_calls_; }
  [[nodiscard]] const Closings& closings() const { return closings_; }
  /// What could not be watched, or ran otherwise than it does alone; a sentence each, in the order
  /// of events.
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }

private:
  /// A call whose answer decides whether it counts.
  struct Pending {
    std::vector<RefusedCall> refused_calls;
    std::vector<MemoryCall> calls;
    bool ptrace = false;
  };

  void note_move(const Thread& thread, const SystemCall& call) const;
  void pretend(const Thread& thread, const SystemCall& call);
  [[nodiscard]] bool is_library(std::string_view path) const;
  void note_closing(const Thread& thread, const SystemCall& call);
  bool note_memory_call(const Thread& thread, const SystemCall& call);
  void find_seals(const Thread& thread, const MemoryCall& call,
                  std::vector<RefusedCall>& found) const;
  [[nodiscard]] static bool is_refused(const Thread& thread, Effect effect, const Seal& seal);
  void find_denial(const Thread& thread, const MemoryCall& call,
                   std::vector<RefusedCall>& found) const;
  [[nodiscard]] Frame caller_of(const Thread& thread) const;
  [[nodiscard]] std::string why_left_out(const Process& process) const;
  void remark(std::string text);

  const Library& library_;
  RefusedCalls refused_calls_;
  Closings closings_;
  std::vector<std::string> remarks_;
  std::map<pid_t, Pending> pending_;
  bool seals_were_asked_for_ = false;
  bool reaches_all_ = false; ///< /etc/ld.so.preload has the library
};

} // namespace sealwax::cli::learn
