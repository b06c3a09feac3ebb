// SPDX-License-Identifier: Apache-2.0
#include "cli/exceptions/refused_calls.hpp"

#include "cli/output/output.hpp"
#include "cli/output/region_names.hpp"
#include "model/policy/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace sealwax::cli {
namespace {

using Kind = RefusedCall::Kind;

/// More of a line nobody reads, and a policy has no longer ones than ProgramPolicy::kMaxLine.
constexpr std::size_t kLongestComment = 1000;

Exception& section_for(std::vector<Exception>& sections, const RefusedCall& refused) {
  const bool whole_program =
      refused.kind == Kind::exec_gain || refused.regions.without(kProcessRegions).empty();
  const std::string object =
      whole_program && refused.kind != Kind::mapped_code ? std::string{} : refused.object;
  const auto found = std::find_if(sections.begin(), sections.end(), [&](const Exception& section) {
    return section.program == refused.program && section.object == object;
  });
  if (found != sections.end())
    return *found;
  sections.push_back(Exception{refused.program, object, {}, false, false, {}});
  return sections.back();
}

std::string seal_line(RegionSet open) {
  std::string line = "seal =";
  for (std::size_t i = 0; i < kRegionCount; ++i)
    if (open.has(static_cast<Region>(i)))
      line += fmt::format(" -{}", kRegions[i].name);
  return line;
}

std::string times(std::uint64_t count) {
  return count == 1 ? "once" : fmt::format("{} times", count);
}

/// What is said in it can be a hostile program's, and has to stay in this one line.
std::string comment(const RefusedCall& reason) {
  std::string line = printable(fmt::format("# {}, by {}, {}{}{}.", describe_call(reason),
                                           reason.caller.text(), times(reason.count),
                                           reason.evidence.empty() ? "" : ", ", reason.evidence));
  line.resize(std::min(line.size(), kLongestComment));
  return line + '\n';
}

/// Such that it stands for nothing but itself in a glob, as far as a policy can say that.
std::string escaped(std::string_view path) {
  std::string glob;
  for (const char byte : path) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x20 || code == 0x7f) {
      glob += '?';
      continue;
    }
    if (byte == '*' || byte == '?' || byte == '[' || byte == '\\')
      glob += '\\';
    glob += byte;
  }
  // A value's last blanks do not count.
  if (glob.ends_with(' '))
    glob.back() = '?';
  return glob;
}

std::string section_text(const Exception& exception) {
  std::string text;
  for (const RefusedCall* reason : exception.reasons)
    text += comment(*reason);
  if (exception.object.empty())
    text += fmt::format("[program {}]\n", glob_for(exception.program));
  else
    text += fmt::format("[object {}]\nonly-in = {}\n", glob_for(exception.object),
                        glob_for(exception.program));
  if (!exception.open.empty())
    text += seal_line(exception.open) + '\n';
  if (exception.leave_mapped_code)
    text += "mapped-code = leave\n";
  if (exception.allow_exec_gain)
    text += "exec-gain = allow\n";
  return text;
}

} // namespace

bool can_be_excepted(const RefusedCall& refused) {
  return refused.kind == Kind::exec_gain || refused.kind == Kind::mapped_code ||
         (refused.kind == Kind::seal && !refused.regions.empty());
}

void RefusedCalls::add(RefusedCall refused) {
  refused.count = 0;
  const auto same =
      std::find_if(refused_calls_.begin(), refused_calls_.end(), [&](RefusedCall& other) {
        const std::uint64_t count = std::exchange(other.count, 0);
        const bool equal = other == refused;
        other.count = count;
        return equal;
      });
  if (same == refused_calls_.end()) {
    refused.count = 1;
    refused_calls_.push_back(std::move(refused));
  } else {
    ++same->count;
  }
}

std::uint64_t RefusedCalls::calls() const {
  return std::accumulate(
      refused_calls_.begin(), refused_calls_.end(), std::uint64_t{0},
      [](std::uint64_t sum, const RefusedCall& refused) { return sum + refused.count; });
}

std::vector<Exception> exceptions_from(std::span<const RefusedCall> refused_calls) {
  std::vector<Exception> sections;
  for (const RefusedCall& refused : refused_calls) {
    if (!can_be_excepted(refused))
      continue;
    Exception& section = section_for(sections, refused);
    section.reasons.push_back(&refused);
    switch (refused.kind) {
    case Kind::exec_gain:
      section.allow_exec_gain = true;
      break;
    case Kind::mapped_code:
      section.leave_mapped_code = true;
      break;
    default:
      section.open = section.open.with(refused.regions);
    }
  }
  return sections;
}

std::string policy_with(std::string_view base, std::span<const Exception> exceptions) {
  std::string text{base.empty() ? kPolicyFirstLine : base};
  if (!text.ends_with('\n'))
    text += '\n';
  for (const Exception& exception : exceptions)
    text += '\n' + section_text(exception);
  return text;
}

std::string glob_for(std::string_view path) {
  constexpr std::size_t kMost = ProgramPolicy::kMaxLine - sizeof "only-in = ";
  std::string glob = escaped(path);
  // Of a path that is too long for a line its end has to do.
  while (glob.size() > kMost) {
    path.remove_prefix(std::min(path.size(), glob.size() - kMost));
    glob = '*' + escaped(path);
  }
  return glob;
}

std::string describe_call(const RefusedCall& refused) {
  std::string text = printable(refused.call);
  if (!refused.request.empty())
    text += ' ' + printable(refused.request);
  if (!refused.regions.empty())
    text += " of " + join_names(refused.regions);
  return text;
}

} // namespace sealwax::cli
