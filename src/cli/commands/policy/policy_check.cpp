// sealwax policy check: mistakes in policies, and what can never decide anything.
#include "cli/commands/policy/policy_command.hpp"
#include "cli/commands/policy/policy_lint.hpp"
#include "cli/output/json.hpp"
#include "cli/output/output.hpp"

#include <algorithm>

namespace sealwax::cli {
namespace {

struct Remark {
  Place place;
  bool is_error = false;
  std::string text;
};

struct CheckedFile {
  std::string path;
  std::vector<Remark> remarks; ///< by their places
  std::string unreadable;      ///< why it could not be checked, as a message, or nothing

  [[nodiscard]] int exit_code() const {
    const bool wrong = std::any_of(remarks.begin(), remarks.end(),
                                   [](const Remark& remark) { return remark.is_error; });
    if (wrong || !unreadable.empty())
      return kCouldNotTell;
    return remarks.empty() ? kAsItShouldBe : kFindings;
  }
};

std::optional<Remark> mistake(std::string_view text) {
  std::vector<char> storage(ProgramPolicy::storage_bound(text.size()));
  const Result<ProgramPolicy, PolicyError> rules =
      ProgramPolicy::compile(text, {}, {storage.data(), storage.size()});
  if (rules)
    return std::nullopt;
  const PolicyError& error = rules.error();
  std::string message = error.message;
  if (!error.word.empty())
    message += fmt::format(" ('{}')", printable(error.word));
  return Remark{{error.line, error.column}, true, std::move(message)};
}

/// One remark a place: what can match nothing need not be said to match no file.
void add_warnings(CheckedFile& file, std::vector<PolicyWarning> warnings) {
  for (PolicyWarning& warning : warnings)
    if (std::none_of(file.remarks.begin(), file.remarks.end(),
                     [&warning](const Remark& remark) { return remark.place == warning.place; }))
      file.remarks.push_back({warning.place, false, std::move(warning.text)});
}

CheckedFile check(const std::string& path, const OpenForReading& open, const SystemRoot& root,
                  bool look_for_files) {
  CheckedFile file;
  file.path = path;
  const PolicyReading policy = read_policy_file(path, false, open);
  if (!policy.others.empty())
    complain("warning: {}", printable(policy.others));
  file.unreadable = printable(policy.problem);
  if (!policy.problem.empty())
    return file;
  if (std::optional<Remark> remark = mistake(policy.text)) {
    file.remarks.push_back(std::move(*remark));
    return file;
  }
  const std::vector<PolicySection> sections = outline(policy.text);
  add_warnings(file, useless_parts(sections));
  if (look_for_files)
    add_warnings(file, unmatched_globs(sections, root));
  std::stable_sort(file.remarks.begin(), file.remarks.end(), [](const Remark& a, const Remark& b) {
    return std::pair{a.place.line, a.place.column} < std::pair{b.place.line, b.place.column};
  });
  return file;
}

std::vector<CheckedFile> check_all(const PolicyOptions& options, const SystemRoot& root) {
  std::vector<CheckedFile> files;
  for (const std::string& path : options.names)
    files.push_back(check(path, open_here, root, options.files));
  if (options.names.empty())
    files.push_back(check(
        kSystemPolicy,
        [&root](const std::string& path) {
          std::optional<OpenFile> file = root.open(path);
          return file ? std::move(file->descriptor) : Descriptor{};
        },
        root, options.files));
  return files;
}

std::string text_of(const CheckedFile& file, bool color) {
  std::string text;
  for (const Remark& remark : file.remarks)
    text += fmt::format("{}:{}:{}: {} {}\n", printable(file.path), remark.place.line,
                        remark.place.column,
                        remark.is_error ? styled("error:", Style::bad, color)
                                        : styled("warning:", Style::fair, color),
                        remark.text);
  if (file.remarks.empty() && file.unreadable.empty())
    text += fmt::format("{}: {}\n", printable(file.path), styled("sound", Style::good, color));
  return text;
}

Json file_object(const CheckedFile& file) {
  Json remarks[] = {Json::array(), Json::array()};
  for (const Remark& remark : file.remarks)
    remarks[remark.is_error ? 1 : 0].push_back(
        {{"line", remark.place.line}, {"column", remark.place.column}, {"message", remark.text}});
  return {{"file", file.path},
          {"readable", file.unreadable.empty()},
          {"ok", file.exit_code() == kAsItShouldBe},
          {"mistakes", std::move(remarks[1])},
          {"warnings", std::move(remarks[0])}};
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
