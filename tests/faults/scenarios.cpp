// SPDX-License-Identifier: Apache-2.0
#include "scenarios.hpp"

namespace sealwax::faults {
namespace {

namespace fs = std::filesystem;

std::string policy(const std::string& settings) {
  return "sealwax-policy 1\n[defaults]\n" + settings + "\n";
}

/// Longer than what is read at once, and of what matters to the program more than fits beside it.
std::string long_policy() {
  std::string text = policy("report-to = stderr");
  for (int number = 0; number < 400; ++number) {
    text += "[program /usr/bin/of-package-" + std::to_string(number) + "]\nmode = off\n";
    text += number % 8 == 0 ? "[object libof" + std::to_string(number) + ".so]\nmode = off\n" : "";
  }
  return text;
}

/// More than the table of what stays loaded has room for at first. Each is a file of its own.
std::vector<std::string> many_libraries(const fs::path& libraries, const fs::path& scratch) {
  constexpr int kMany = 70;
  std::vector<std::string> words{"load"};
  for (int number = 0; number < kMany; ++number) {
    const fs::path copy = scratch / ("libcopy" + std::to_string(number) + ".so");
    fs::copy_file(libraries / "libstaying.so", copy, fs::copy_options::overwrite_existing);
    words.push_back(copy);
  }
  words.emplace_back("libother_answer.so");
  return words;
}

} // namespace

fs::path report_file(const fs::path& scratch) {
  return scratch / "reports";
}

std::vector<Scenario> scenarios(const fs::path& libraries, const fs::path& scratch) {
  const std::vector<std::string> look{"look"}, refuse{"refuse"};
  const std::vector<std::string> load{"load", "libstaying.so", "libplain.so", "libother_answer.so"};
  const std::string to_file = "report-to = file:" + report_file(scratch).string();
  return {
      {"start", look, "", "", false},
      {"start_by_long_policy", look, long_policy(), "", false},
      {"start_strict", look, policy("seal = all\nexec-gain = deny\nreport-to = stderr"), "", false},
      {"start_private_text", look, policy("text = private\nreport-to = stderr"), "", false},
      {"start_relro_in_place", load, policy("relro = in-place\nreport-to = stderr"), "", false},
      {"start_under_filter", look, policy(to_file), "ptrace=EPERM", false},
      {"start_under_trusted_filter", look, policy("seccomp = trust\nreport-to = stderr"),
       "ptrace=EPERM", false},
      {"late_load", load, policy("report-to = stderr"), "", true},
      {"late_load_without_policy", load, "", "", true},
      {"late_load_pinned", load, policy("dlopen = pin\nreport-to = stderr"), "", true},
      {"late_load_private_text", load, policy("text = private\n" + to_file), "", true},
      {"late_load_of_many", many_libraries(libraries, scratch), policy("report-to = stderr"), "",
       true},
      {"late_load_on_musl", load, policy("report-to = stderr"), "", true},
      {"mapped_code",
       {"map", libraries / "libplain.so"},
       policy("mapped-code = seal\nreport-to = stderr"),
       "",
       true},
      {"refusal", refuse, "", "", true},
      {"refusal_told_on_stderr", refuse, policy("report-to = stderr"), "", true},
      {"refusal_told_to_a_file", refuse, policy(to_file), "", true},
      {"audit", refuse, policy("mode = audit\nreport-to = stderr"), "", true},
  };
}

} // namespace sealwax::faults
