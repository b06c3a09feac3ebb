// SPDX-License-Identifier: Apache-2.0
// sealwax policy show: the policy that holds, in the policy's own grammar.
#include "cli/commands/policy/policy_command.hpp"
#include "cli/frame/command_error.hpp"
#include "cli/output/json.hpp"
#include "cli/sealing/outline/policy_decision.hpp"

#include <algorithm>

namespace sealwax::cli {
namespace {

/// The [defaults] in front of all other sections amount to one, with the built-in values.
struct Shown {
  std::vector<Decision> defaults;
  std::span<const PolicySection> others;
};

Shown shown(const HeldPolicy& policy) {
  const auto first_other = std::find_if(
      policy.sections.begin(), policy.sections.end(),
      [](const PolicySection& section) { return section.kind != PolicySection::Kind::defaults; });
  const std::span<const PolicySection> all{policy.sections};
  const auto count = static_cast<std::size_t>(first_other - policy.sections.begin());
  return {decide(all.first(count), {}, policy.built_in), all.subspan(count)};
}

std::string lines_of(const Decision& decision, const std::string& source) {
  std::string lines = decision.built_in_first ? "built-in" : "";
  for (const Decision::Cause& cause : decision.causes)
    lines += (lines.empty() ? "" : ", ") + place_text(source, cause.entry->place.line);
  return lines;
}

std::string defaults_text(const Shown& shown, const std::string& source) {
  std::string text = "[defaults]\n";
  std::string last;
  // Neighbours of one origin share its comment.
  std::vector<const Decision*> order;
  for (const bool built_in : {true, false})
    for (const Decision& decision : shown.defaults)
      if (decision.causes.empty() == built_in)
        order.push_back(&decision);
  for (const Decision* decision : order) {
    if (const std::string lines = lines_of(*decision, source); lines != last) {
      text += fmt::format("# {}\n", lines);
      last = lines;
    }
    text += fmt::format("{} = {}\n", key_name(decision->key), decision->value);
  }
  return text;
}

std::string section_text(const PolicySection& section, const std::string& source) {
  std::string text =
      fmt::format("\n# {}\n{}\n", place_text(source, section.place.line), section.header());
  for (const PolicyEntry& entry : section.entries)
    text += fmt::format("{} = {}\n", key_name(entry.key), entry.value);
  return text;
}

std::string policy_text(const Shown& shown, const std::string& source) {
  std::string text = fmt::format("{}\n{}", kPolicyFirstLine, defaults_text(shown, source));
  for (const PolicySection& section : shown.others)
    text += section_text(section, source);
  return text;
}

Json entry_object(Key key, const std::string& value, Json lines) {
  return {{"key", key_name(key)}, {"value", value}, {"lines", std::move(lines)}};
}

Json section_object(const PolicySection& section) {
  static constexpr std::string_view kKinds[] = {"defaults", "program", "object"};
  Json entries = Json::array();
  for (const PolicyEntry& entry : section.entries)
    entries.push_back(entry_object(entry.key, entry.value, Json::array({entry.place.line})));
  return {{"kind", kKinds[static_cast<std::size_t>(section.kind)]},
          {"glob", text_or_null(section.glob)},
          {"line", section.place.line},
          {"entries", std::move(entries)}};
}

Json section_array(const Shown& shown) {
  Json entries = Json::array();
  for (const Decision& decision : shown.defaults) {
    Json lines = Json::array();
    for (const Decision::Cause& cause : decision.causes)
      lines.push_back(cause.entry->place.line);
    entries.push_back(entry_object(decision.key, decision.value, std::move(lines)));
  }
  Json array = Json::array({{{"kind", "defaults"},
                             {"glob", nullptr},
                             {"line", nullptr},
                             {"entries", std::move(entries)}}});
  for (const PolicySection& section : shown.others)
    array.push_back(section_object(section));
  return array;
}

} // namespace

int policy_show(const PolicyOptions& options) {
  const SystemRoot root = options.system();
  const HeldPolicy policy = held_policy(options, root, false);
  const bool ok = policy.problem.empty();
  // What --policy names was to be shown; of the system's, what programs take in its place.
  if (!ok && !options.policy.empty())
    throw CommandError(printable(policy.problem));
  std::string message;
  if (!ok) {
    message = policy.problem_and_stand_in();
    complain_text(message);
  }
  const Shown content = shown(policy);
  if (!options.json) {
    answer(policy_text(content, policy.source));
    return ok ? kAsItShouldBe : kCouldNotTell;
  }
  Json errors = Json::array();
  if (!ok)
    errors.push_back({{"file", kSystemPolicy}, {"message", message}});
  answer(text_of({{"schema", "sealwax-policy-show 1"},
                  {"policy", text_or_null(policy.source)},
                  {"sections", section_array(content)},
                  {"errors", std::move(errors)},
                  {"ok", ok}}) +
         '\n');
  return ok ? kAsItShouldBe : kCouldNotTell;
}

} // namespace sealwax::cli
