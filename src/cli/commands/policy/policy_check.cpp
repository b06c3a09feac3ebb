// SPDX-License-Identifier: Apache-2.0
// sealwax policy check: mistakes in policies, and what can never decide anything.
#include "cli/commands/policy/policy_command.hpp"
#include "cli/commands/policy/policy_lint.hpp"
#include "cli/output/json.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/outline/policy_mistakes.hpp"
#include "deploy/places.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace sealwax::cli {
namespace {

/// Which exit code it makes is its value.
enum class Weight : std::uint8_t {
  note = kAsItShouldBe,
  warning = kFindings,
  mistake = kCouldNotTell
};

struct Remark {
  Place place;
  Weight weight = Weight::note;
  std::string text;
};

struct CheckedFile {
  std::string path;
  std::vector<Remark> remarks; ///< by their places
  std::string unreadable;      ///< why it could not be checked, as a message, or nothing
  bool present = true;         ///< else nothing of the system's policy is there

  [[nodiscard]] int exit_code() const {
    int code = unreadable.empty() ? kAsItShouldBe : kCouldNotTell;
    for (const Remark& remark : remarks)
      code = std::max(code, static_cast<int>(remark.weight));
    return code;
  }
};

/// One remark a place: what can match nothing need not be said to match no file.
void add_warnings(CheckedFile& file, std::vector<PolicyWarning> warnings) {
  for (PolicyWarning& warning : warnings)
    if (std::none_of(file.remarks.begin(), file.remarks.end(),
                     [&warning](const Remark& remark) { return remark.place == warning.place; }))
      file.remarks.push_back({warning.place, warning.is_note ? Weight::note : Weight::warning,
                              std::move(warning.text)});
}

/// What comes with Sealwax, or says so itself, is for systems that differ, so that no glob in it
/// need match a file of this one.
bool is_for_any_system(const std::string& path, const PolicyReading& policy) {
  constexpr std::string_view kSaying = "\n# For any system.\n";
  std::error_code error;
  return policy.text.find(kSaying) != policy.text.npos ||
         std::filesystem::canonical(path, error).string().starts_with(SEALWAX_POLICY_FOLDER "/");
}

PolicyReading read_standard_input() {
  PolicyReading reading;
  if (std::optional<std::string> text = read_all(STDIN_FILENO, kPolicySizeLimit - 1))
    reading.text = std::move(*text);
  else
    reading.problem =
        fmt::format("cannot read the policy on stdin: {}",
                    errno == EFBIG ? describe(PolicyRefusal::too_large) : std::strerror(errno));
  return reading;
}

CheckedFile check(const std::string& path, const PolicyReading& policy, const SystemRoot& root,
                  bool look_for_files) {
  CheckedFile file;
  file.path = path;
  if (!policy.others.empty())
    complain("warning: {}", printable(policy.others));
  file.unreadable = printable(policy.problem);
  if (!policy.problem.empty())
    return file;
  for (PolicyMistake& mistake : mistakes_in(policy.text))
    file.remarks.push_back({mistake.place, Weight::mistake, std::move(mistake.text)});
  if (!file.remarks.empty())
    return file;
  const std::vector<PolicySection> sections = outline(policy.text);
  add_warnings(file, useless_parts(sections));
  if (look_for_files)
    add_warnings(file, unmatched_globs(sections, root));
  std::stable_sort(file.remarks.begin(), file.remarks.end(), [](const Remark& a, const Remark& b) {
    return std::pair{a.place.line, a.place.column} < std::pair{b.place.line, b.place.column};
  });
  return file;
}

CheckedFile check_systems(const SystemRoot& root, bool look_for_files) {
  const PolicyReading policy = read_policy_file(kSystemPolicy, false, open_in(root));
  if (!policy.missing)
    return check(kSystemPolicy, policy, root, look_for_files);
  CheckedFile none;
  none.path = kSystemPolicy;
  none.present = false;
  return none;
}

std::vector<CheckedFile> check_all(const PolicyOptions& options, const SystemRoot& root) {
  std::vector<CheckedFile> files;
  for (const std::string& path : options.names) {
    const PolicyReading policy =
        path == "-" ? read_standard_input() : read_policy_file(path, false, open_here);
    files.push_back(check(path == "-" ? "stdin" : path, policy, root,
                          options.files && !is_for_any_system(path, policy)));
  }
  if (options.names.empty())
    files.push_back(check_systems(root, options.files));
  return files;
}

std::string weight_text(Weight weight, bool color) {
  switch (weight) {
  case Weight::mistake:
    return styled("error:", Style::bad, color);
  case Weight::warning:
    return styled("warning:", Style::fair, color);
  case Weight::note:
    break;
  }
  return "note:";
}

std::string text_of(const CheckedFile& file, bool color) {
  std::string text;
  for (const Remark& remark : file.remarks)
    text += fmt::format("{}:{}:{}: {} {}\n", printable(file.path), remark.place.line,
                        remark.place.column, weight_text(remark.weight, color), remark.text);
  if (!file.present)
    text += fmt::format("{}: not there: the built-in default holds, which is {}\n",
                        printable(file.path), styled("sound", Style::good, color));
  else if (file.exit_code() == kAsItShouldBe)
    text += fmt::format("{}: {}\n", printable(file.path), styled("sound", Style::good, color));
  return text;
}

Json file_object(const CheckedFile& file) {
  const auto all = [&file](Weight weight) {
    Json array = Json::array();
    for (const Remark& remark : file.remarks)
      if (remark.weight == weight)
        array.push_back({{"line", remark.place.line},
                         {"column", remark.place.column},
                         {"message", remark.text}});
    return array;
  };
  return {{"file", file.path},
          {"present", file.present},
          {"readable", file.unreadable.empty()},
          {"ok", file.exit_code() == kAsItShouldBe},
          {"mistakes", all(Weight::mistake)},
          {"warnings", all(Weight::warning)},
          {"notes", all(Weight::note)}};
}

Json document(const std::vector<CheckedFile>& files, bool ok) {
  Json array = Json::array();
  Json errors = Json::array();
  for (const CheckedFile& file : files) {
    array.push_back(file_object(file));
    if (!file.unreadable.empty())
      errors.push_back({{"file", file.path}, {"message", file.unreadable}});
  }
  return {{"schema", "sealwax-policy-check 1"},
          {"files", std::move(array)},
          {"errors", std::move(errors)},
          {"ok", ok}};
}

} // namespace

int policy_check(const PolicyOptions& options) {
  const SystemRoot root = options.system();
  const std::vector<CheckedFile> files = check_all(options, root);
  const bool color = wants_color(options.color);
  int code = kAsItShouldBe;
  for (const CheckedFile& file : files) {
    code = std::max(code, file.exit_code());
    if (!file.unreadable.empty())
      complain_text(file.unreadable);
    if (!options.json)
      answer(text_of(file, color));
  }
  if (options.json)
    answer(text_of(document(files, code == kAsItShouldBe)) + '\n');
  return code;
}

} // namespace sealwax::cli
