// SPDX-License-Identifier: Apache-2.0
#include "cli/sealing/policy_parts.hpp"

#include "cli/output/output.hpp"
#include "cli/output/text_parts.hpp"
#include "cli/sealing/effective_policy.hpp"
#include "cli/sealing/outline/policy_mistakes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sealwax::cli {
namespace {

/// What stands between the two is made again by each `policy apply`.
constexpr std::string_view kBegin =
    "# ==== taken from /etc/sealwax/policy.d by 'sealwax policy apply', which replaces it ====\n";
constexpr std::string_view kEnd = "# ==== up to here ====\n";

/// The lines behind the first that say something.
std::string sections_of(std::string_view text) {
  std::string sections;
  bool first = true;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::string_view content = trimmed(line);
    if (!first && !content.empty() && content.front() != '#')
      sections += fmt::format("{}\n", line);
    first = false;
  }
  return sections;
}

std::string cannot_read(const std::string& shown, std::string_view why) {
  return fmt::format("cannot read the policy {}: {}", shown, why);
}

/// nullopt: it cannot be read, which goes to `problems`.
std::optional<std::string> policy_text(const SystemRoot& root, const std::string& path,
                                       const OpenFile& file, SystemPolicy& policy) {
  if (!S_ISREG(file.status.st_mode)) {
    policy.problems.push_back(cannot_read(root.shown(path), describe(PolicyRefusal::not_regular)));
    return std::nullopt;
  }
  std::optional<std::string> text = root.text(file);
  if (!text)
    policy.problems.push_back(cannot_read(root.shown(path), std::strerror(errno)));
  return text;
}

/// Reads one part; what is wrong with it goes to `problems`.
void add_part(const SystemRoot& root, const std::string& path, SystemPolicy& policy) {
  const std::string shown = root.shown(path);
  const std::optional<OpenFile> file = root.open(path);
  if (!file)
    return policy.problems.push_back(cannot_read(shown, std::strerror(errno)));
  std::optional<std::string> text = policy_text(root, path, *file, policy);
  if (!text)
    return;
  if (const std::string others = open_to_others(root, *file); !others.empty())
    return policy.problems.push_back(
        fmt::format("{}: whoever may write a part of the policy says what is sealed", others));
  policy.put({path, std::move(*text)}, shown);
}

void add_mistakes(SystemPolicy& policy, const std::string& shown, std::string_view text) {
  for (const PolicyMistake& mistake : mistakes_in(text))
    policy.problems.push_back(
        fmt::format("{}:{}:{}: {}", shown, mistake.place.line, mistake.place.column, mistake.text));
}

/// That it is missing is no problem; that something else stands there would empty the policy.
void add_parts(const SystemRoot& root, SystemPolicy& policy) {
  const std::optional<OpenFile> folder = root.open(kPartsFolder);
  if (!folder && means_absent(errno))
    return;
  if (!folder || !S_ISDIR(folder->status.st_mode))
    return policy.problems.push_back(
        cannot_read(root.shown(kPartsFolder), std::strerror(folder ? ENOTDIR : errno)));
  for (const std::string& name : root.names(kPartsFolder))
    if (name.ends_with(".conf") && !name.starts_with('.'))
      add_part(root, fmt::format("{}/{}", kPartsFolder, name), policy);
}

/// Whether a text's first line that says something belongs to whatever section stands in front of
/// it.
bool goes_on_with_a_section(std::string_view text) {
  const std::string lines = sections_of(fmt::format("\n{}", text));
  const std::size_t begin = lines.find_first_not_of(" \t");
  return begin != lines.npos && lines[begin] != '[';
}

void check_whole(const SystemRoot& root, SystemPolicy& policy) {
  const std::string shown = root.shown(kSystemPolicy);
  if (!divide(policy.text).is_sound)
    policy.problems.push_back(
        fmt::format("{} lacks the line that ends what was taken from {}; put '{}' behind that",
                    shown, kPartsFolder, kEnd.substr(0, kEnd.size() - 1)));
  if (goes_on_with_a_section(divide(policy.text).behind))
    policy.problems.push_back(fmt::format(
        "{}: what stands behind '{}' would belong to the last section of the parts; begin "
        "with a section there",
        shown, kEnd.substr(0, kEnd.size() - 1)));
  if (policy.exists)
    add_mistakes(policy, shown, policy.text);
  if (policy.wanted().size() >= kPolicySizeLimit)
    policy.problems.push_back(
        fmt::format("{} would be {}", shown, describe(PolicyRefusal::too_large)));
}

/// Where a line of the text is `line`.
std::size_t find_line(std::string_view text, std::string_view line, std::size_t from) {
  std::size_t at = text.find(line, from);
  while (at != text.npos && at != 0 && text[at - 1] != '\n')
    at = text.find(line, at + 1);
  return at;
}

} // namespace

DividedPolicy divide(std::string_view text) {
  const std::size_t begin = find_line(text, kBegin, 0);
  if (begin == text.npos)
    return {std::string{text}, {}, {}, true};
  const std::size_t end = find_line(text, kEnd, begin);
  if (end == text.npos)
    return {std::string{text}, {}, {}, false};
  const std::size_t behind = end + kEnd.size();
  return {std::string{text.substr(0, begin)}, std::string{text.substr(begin, behind - begin)},
          std::string{text.substr(behind)}, true};
}

std::string with_parts(const DividedPolicy& own, const std::vector<PolicyPart>& parts) {
  if (parts.empty())
    return own.front + own.behind;
  std::string text = own.front.empty() ? std::string{kPolicyFirstLine} : own.front;
  if (!text.ends_with('\n'))
    text += '\n';
  text += kBegin;
  for (const PolicyPart& part : parts)
    text += fmt::format("# {}\n{}", printable(part.path), sections_of(part.text));
  return fmt::format("{}{}{}", text, kEnd, own.behind);
}

void SystemPolicy::put(PolicyPart part, const std::string& shown) {
  add_mistakes(*this, shown, part.text);
  const auto place = std::lower_bound(
      parts.begin(), parts.end(), part.path,
      [](const PolicyPart& other, const std::string& path) { return other.path < path; });
  parts.insert(place, std::move(part));
}

void SystemPolicy::take_out(const std::string& path, const std::string& shown) {
  std::erase_if(parts, [&](const PolicyPart& part) { return part.path == path; });
  std::erase_if(problems, [&](const std::string& problem) {
    return problem.find(shown) != std::string::npos;
  });
}

SystemPolicy read_system_policy(const SystemRoot& root) {
  SystemPolicy policy;
  const std::optional<OpenFile> file = root.open(kSystemPolicy);
  if (!file && !means_absent(errno))
    policy.problems.push_back(cannot_read(root.shown(kSystemPolicy), std::strerror(errno)));
  if (file)
    if (std::optional<std::string> text = policy_text(root, kSystemPolicy, *file, policy)) {
      policy.exists = true;
      policy.text = std::move(*text);
    }
  add_parts(root, policy);
  check_whole(root, policy);
  return policy;
}

std::string stale_policy(const SystemRoot& root) {
  const SystemPolicy policy = read_system_policy(root);
  if (policy.parts.empty() && divide(policy.text).taken.empty())
    return {};
  const std::string shown = root.shown(kSystemPolicy);
  if (!policy.problems.empty())
    return fmt::format("{}; {} stays as it was until that is corrected", policy.problems.front(),
                       shown);
  if (policy.wanted() != policy.text)
    return fmt::format("{} does not say what {} says", shown, root.shown(kPartsFolder));
  return {};
}

} // namespace sealwax::cli
