// SPDX-License-Identifier: Apache-2.0
// A static program sealed as it starts.
#pragma once

#include "outside/calls/call_instructions.hpp"
#include "outside/kernel/kernel_call.hpp"
#include "outside/seal/remote_seal.hpp"
#include "outside/start/static_start.hpp"

#include <cstdint>
#include <optional>

namespace sealwax::outside {

/// What is to be sealed of a program that stands on its first instruction.
struct StartPlan {
  Slice<RemoteSeal> now;  ///< ascend
  Range relro;            ///< what it still writes to; empty: nothing
  Slice<RemoteSeal> then; ///< what of that is to be sealed; ascend
  Slice<std::byte> room;  ///< room_for() either
  CallInstructions instructions;
  bool filtered = false; ///< a seccomp filter was inherited
};

/// What is to be said of StartEnd::writable, behind the process.
inline constexpr const char* kRelroStaysOpen =
    "does not make its RELRO constant, which stays open; link it with glibc or musl, or without -z "
    "relro";

/// What came of it.
enum class StartEnd : std::uint8_t {
  begun,    ///< it stands where it is to go on
  writable, ///< likewise, before a call that the kernel has not been told of; its RELRO is not
            ///< constant yet, and stays open
  gone,     ///< it has ended, or its thread has failed
};

/// Seals all but its RELRO before its first instruction, and that when it is constant.
class SealedStart {
public:
  SealedStart(StaticStart& start, SealingSite& site) : start_(start), site_(site) {}

  /// `file`: what it is executed from.
  [[nodiscard]] StartEnd run(const StartPlan& plan, const File& file);

private:
  template <typename Work>
  void with_calls(Work&& work);
  [[nodiscard]] StaticStart::Relro run_to_constant();
  /// Does that with calls, and then the notice is gone.
  template <typename Work>
  void clear_notice_behind(Work&& work);
  struct ScriptEnd {
    std::size_t done;
    long last_answer;
  };
  [[nodiscard]] ScriptEnd run_script(arch::Script& script, RemoteCalls& calls);
  [[nodiscard]] bool seal_by_script(Slice<const RemoteSeal> seals, RemoteCalls& calls);
  void seal_relro(RemoteCalls& calls);
  [[nodiscard]] bool move_by_script(const RemoteSeal& seal, RemoteCalls& calls);

  StaticStart& start_;
  SealingSite& site_;
  StartPlan plan_;
  std::optional<StartNotice> notice_;
  Range copy_; ///< where what moves can lie meanwhile; empty: nowhere
};

} // namespace sealwax::outside
