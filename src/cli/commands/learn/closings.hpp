// SPDX-License-Identifier: Apache-2.0
// Libraries that a program closes again and again.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace sealwax::cli::learn {

/// What is sealed of a closed library stays mapped; sealwax-policy(5), dlopen, says what follows.
struct Closing {
  std::string program;
  std::string object;
  std::uint64_t times = 0;
};

class Closings {
public:
  /// From as many on the library leaves a file open that was closed young.
  static constexpr std::uint64_t kMany = 4;

  void add(const std::string& program, const std::string& object) { ++times_[{program, object}]; }
  /// Those of a program's libraries that it closed so often that a policy should say what to do.
  [[nodiscard]] std::vector<Closing> frequent() const;

private:
  std::map<std::pair<std::string, std::string>, std::uint64_t> times_;
};

/// The section that has it loaded once and kept.
[[nodiscard]] std::string pinning_section(const Closing& closing);

} // namespace sealwax::cli::learn
