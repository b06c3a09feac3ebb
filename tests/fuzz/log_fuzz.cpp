// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/report/report_text.hpp"
#include "fuzz.hpp"
#include "model/policy/policy.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace sealwax;
using namespace sealwax::cli;
using sealwax::fuzz::expect;

namespace {

/// What a policy with exceptions can say: whoever reports can be hostile, and root reads the policy
/// and makes it hold.
bool is_line_of_exceptions(std::string_view line) {
  const auto has_form = [line](std::string_view begin, std::string_view end) {
    return line.starts_with(begin) && line.ends_with(end);
  };
  return line.empty() || line == "sealwax-policy 1" || line.starts_with("# ") ||
         has_form("[program ", "]") || has_form("[object ", "]") ||
         line.starts_with("only-in = ") || line.starts_with("seal = -") ||
         line == "mapped-code = leave" || line == "exec-gain = allow";
}

void check_policy(const std::string& policy, std::size_t exceptions) {
  std::vector<char> storage(ProgramPolicy::storage_bound(policy.size()));
  expect(ProgramPolicy::compile(policy, "/usr/bin/prog", {storage.data(), storage.size()}).ok(),
         "the policy is sound");
  std::size_t sections = 0;
  for (std::string_view rest = policy; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    expect(is_line_of_exceptions(line), "the policy has exceptions and nothing else");
    sections += line.starts_with('[') ? 1U : 0U;
  }
  expect(sections == exceptions, "each exception is one section");
}

/// No terminal is steered by it.
void check_text(std::string_view text) {
  for (const char letter : text) {
    const auto code = static_cast<unsigned char>(letter);
    expect(letter == '\n' || (code >= 0x20 && code != 0x7f), "there is no control character");
  }
}

} // namespace

/// Lines of a log, from several hosts.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  report::Summary summary;
  report::Answer answer;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const report::ReadLine read = report::read_line(line, line.size() % 2 == 0 ? "even" : "odd");
    expect(!read.report || read.problem.empty(), "a line is a report or has a problem");
    check_text(read.problem);
    answer.unreadable += read.problem.empty() ? 0U : 1U;
    if (read.report)
      summary.add(*read.report);
  }
  answer.findings = summary.findings();
  answer.lines = summary.lines();
  answer.dropped = summary.dropped();
  answer.refused_calls = report::refused_calls_of(answer.findings, true);
  const std::vector<Exception> exceptions = exceptions_from(answer.refused_calls.all());
  answer.exceptions = exceptions.size();
  answer.policy_text = policy_with({}, exceptions);
  check_policy(answer.policy_text, exceptions.size());
  check_text(report::answer_text(answer, false));
  check_text(report::answer_json(answer, 1));
  return 0;
}
