// SPDX-License-Identifier: Apache-2.0
// A static program that stands on its first instruction, and what is to be sealed of it.
#pragma once

#include "model/object/elf_object.hpp"
#include "outside/calls/traced_thread.hpp"
#include "outside/start/sealed_start.hpp"
#include "start/elf_headers.hpp"
#include "start/policy.hpp"

#include <string_view>

namespace sealwax::start {

class FreshProgram final : public outside::SealingSite {
public:
  FreshProgram(outside::TracedThread& thread, std::size_t page_size)
      : thread_(thread), page_(page_size) {}

  /// At the file that is being executed: what of it takes long to find is known then, and has only
  /// to be looked up where it is.
  void look_ahead(const outside::File& file);
  /// False: it is not what was thought to be executed.
  [[nodiscard]] bool look(const outside::File& file, const Wanted& wanted);
  [[nodiscard]] const outside::StartPlan& plan() const { return plan_; }

  [[nodiscard]] bool read(Address at, Slice<std::byte> into) override;
  [[nodiscard]] bool is_in_file(const outside::RemoteSeal& seal,
                                Slice<const std::byte> contents) override;
  void tell(const outside::SealProblem& problem) override;

private:
  struct Mapping;
  /// As many as a program of two layouts' pieces has, and the kernel's.
  using Seals = FixedVector<outside::RemoteSeal, 2 * ObjectLayout::kMaxPieces>;

  [[nodiscard]] bool look_at(const Mapping& mapping, const Wanted& wanted);
  [[nodiscard]] bool add(const Mapping& mapping, Range range, Region region,
                         const Settings& settings);
  [[nodiscard]] bool push(Seals& seals, const outside::RemoteSeal& seal);
  [[nodiscard]] bool make_room();
  void look_ahead(const outside::File& file, const Elf64_Phdr& segment);
  void look_for_calls(Address bias);

  outside::TracedThread& thread_;
  PageSize page_;
  ObjectLayout layout_;
  Seals now_, then_;
  FixedVector<Range, 16> code_;
  outside::CallInstructions in_file_;
  outside::StartPlan plan_;
};

} // namespace sealwax::start
