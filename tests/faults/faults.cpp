// SPDX-License-Identifier: Apache-2.0
// Makes every system call of the library fail once, in each way in which it can, and some of them
// in pairs. In every case the program does what it does bare, and what was not sealed is told.
//
//   faults SCENARIO PROGRAM SHIM LIBRARIES UNDER_FILTER [all]
//
// Without `all`, or SEALWAX_FAULTS=all, two ways of each call, the next two of the next call.
#include "scenarios.hpp"
#include "traced_run.hpp"
#include "verdict.hpp"

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

namespace sealwax::faults {
namespace {

namespace fs = std::filesystem;

struct Bench {
  Scenario scenario;
  fs::path program, shim, libraries, filter_tool, scratch;

  [[nodiscard]] Command command(bool with_shim) const;
  [[nodiscard]] Outcome perform(bool with_shim, const std::vector<Fault>& faults) const {
    fs::remove(report_file(scratch));
    return run(command(with_shim), shim.filename(), faults);
  }
  [[nodiscard]] Seen see(const Outcome& outcome) const {
    std::ifstream file{report_file(scratch)};
    return take_apart(outcome, {std::istreambuf_iterator<char>{file}, {}});
  }
};

Command Bench::command(bool with_shim) const {
  Command command;
  std::vector<std::string> late; // what the tool for the filter itself does without
  if (with_shim)
    late.push_back("LD_PRELOAD=" + shim.string());
  if (!scenario.policy.empty())
    late.push_back("SEALWAX_POLICY=" + (scratch / "policy.conf").string());
  command.environment = {"PATH=/usr/bin:/bin", "LC_ALL=C", "LD_LIBRARY_PATH=" + libraries.string()};
  if (scenario.filter.empty()) {
    command.environment.insert(command.environment.end(), late.begin(), late.end());
  } else {
    command.words = {filter_tool, scenario.filter, "--"};
    command.words.insert(command.words.end(), late.begin(), late.end());
  }
  command.words.push_back(program);
  command.words.insert(command.words.end(), scenario.words.begin(), scenario.words.end());
  return command;
}

/// The same numbers on every machine (Knuth, MMIX).
class Numbers {
public:
  std::size_t below(std::size_t bound) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return (state_ >> 33) % bound;
  }

private:
  std::uint64_t state_ = 2026;
};

class Trials {
public:
  Trials(const Bench& bench, bool all) : bench_(bench), all_(all) {}
  /// The exit status.
  int run();

private:
  void one_by_one();
  void in_pairs();
  void attempt(const std::vector<Fault>& faults);

  const Bench& bench_;
  bool all_;
  Seen bare_, clean_;
  std::vector<LibraryCall> calls_;
  unsigned cases_ = 0;
  unsigned found_ = 0;
};

void Trials::attempt(const std::vector<Fault>& faults) {
  const Outcome outcome = bench_.perform(true, faults);
  if (outcome.done.empty())
    return;
  ++cases_;
  const std::string fault = fault_found(bench_.see(outcome), bare_, clean_, outcome.done);
  if (fault.empty())
    return;
  ++found_;
  for (const Done& done : outcome.done)
    std::cout << "call " << done.call << " " << name_of_call(done.number) << ": "
              << name_of(done.answer) << "; ";
  std::cout << fault << "\n";
}

void Trials::one_by_one() {
  constexpr std::size_t kSample = 2, kMany = 500, kOfMany = 50;
  // Of very many calls, as those for many libraries, some that lie apart will do.
  const std::size_t step = all_ || calls_.size() < kMany ? 1 : calls_.size() / kOfMany;
  for (std::size_t call = 0; call < calls_.size(); call += step) {
    if (calls_[call].in_main != bench_.scenario.from_main)
      continue;
    const std::size_t ways = answers_to(calls_[call].number).size();
    const std::size_t tried = all_ ? ways : std::min(ways, kSample);
    for (std::size_t choice = 0; choice < tried; ++choice)
      attempt({{call, all_ ? choice : kSample * call + choice}});
  }
}

void Trials::in_pairs() {
  const unsigned pairs = all_ ? 500 : 20;
  Numbers numbers;
  for (unsigned pair = 0; pair < pairs; ++pair) {
    const std::size_t first = numbers.below(calls_.size());
    const std::size_t second = numbers.below(calls_.size());
    if (first != second)
      attempt({{first, numbers.below(64)}, {second, numbers.below(64)}});
  }
}

int Trials::run() {
  bare_ = bench_.see(bench_.perform(false, {}));
  const Outcome outcome = bench_.perform(true, {});
  clean_ = bench_.see(outcome);
  calls_ = outcome.calls;
  if (calls_.empty()) {
    std::cout << "the library makes no call\n";
    return 1;
  }
  if (const std::string fault = fault_found(clean_, bare_, clean_, {}); !fault.empty()) {
    std::cout << "without a fault: " << fault << "\n";
    return 1;
  }
  one_by_one();
  const unsigned alone = cases_;
  in_pairs();
  std::cout << bench_.scenario.name << ": " << calls_.size() << " calls, " << alone << " faults, "
            << cases_ - alone << " pairs, " << found_ << " not borne\n"
            << cases_ << " cases\n";
  return found_ == 0 ? 0 : 1;
}

/// Gone with whoever made it.
class Scratch {
public:
  Scratch() {
    std::string name = fs::temp_directory_path() / "sealwax-faults-XXXXXX";
    if (mkdtemp(name.data()) == nullptr)
      throw fs::filesystem_error{"cannot make a folder", name, std::error_code{}};
    path_ = name;
  }
  ~Scratch() { fs::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

private:
  fs::path path_;
};

int main_of(const std::vector<std::string>& words) {
  if (words.size() < 5) {
    std::cerr << "faults SCENARIO PROGRAM SHIM LIBRARIES UNDER_FILTER [all]\n";
    return 64;
  }
  const Scratch scratch;
  Bench bench;
  bench.program = fs::absolute(words[1]);
  const char* const other = std::getenv("SEALWAX_TEST_SHIM");
  bench.shim = fs::absolute(other != nullptr ? other : words[2]);
  bench.libraries = fs::absolute(words[3]);
  bench.filter_tool = fs::absolute(words[4]);
  bench.scratch = scratch.path();
  const char* const wish = std::getenv("SEALWAX_FAULTS");
  const bool all = words.size() > 5 || (wish != nullptr && std::string{wish} == "all");
  for (Scenario& scenario : scenarios(bench.libraries, bench.scratch)) {
    if (scenario.name != words[0])
      continue;
    bench.scenario = scenario;
    std::ofstream{bench.scratch / "policy.conf"} << scenario.policy;
    return Trials{bench, all}.run();
  }
  std::cerr << "faults: there is no scenario '" << words[0] << "'\n";
  return 64;
}

} // namespace
} // namespace sealwax::faults

int main(int count, char** words) {
  return sealwax::faults::main_of({words + 1, words + count});
}
