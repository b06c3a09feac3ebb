// SPDX-License-Identifier: Apache-2.0
// sealwax policy explain: which section decides each key.
#include "cli/commands/policy/policy_command.hpp"
#include "cli/elf/closure.hpp"
#include "cli/frame/command_error.hpp"
#include "cli/output/json.hpp"
#include "cli/output/nearest_word.hpp"
#include "cli/output/text_parts.hpp"
#include "cli/sealing/named.hpp"
#include "cli/sealing/outline/policy_decision.hpp"

#include <algorithm>
#include <cerrno>

namespace sealwax::cli {
namespace {

/// What is asked about, by the names that policies match.
struct Subject {
  std::string program;
  bool privileged = false;
  std::string name;
  std::string path;

  [[nodiscard]] PolicySubject view() const { return {program, name, path}; }
};

[[noreturn]] void reject(const std::string& name, std::string_view why, std::string_view remedy) {
  throw CommandError(fmt::format("{} {}; {}", printable(name), why, remedy));
}

LoadedFile load_named(const SystemRoot& root, const std::string& name) {
  std::optional<OpenFile> file = root.open(name);
  if (!file)
    throw CommandError(cannot_open(name, errno, program_meant(root, name)));
  try {
    return load(std::move(*file), name);
  } catch (const ElfError& error) {
    reject(name, error.what(), "name a program or a library");
  }
}

bool is_called(const LoadedFile& file, std::string_view name) {
  return file.elf.soname == name || file_name(file.name) == name || file_name(file.path) == name;
}

std::vector<std::string> names_of(const Closure& closure) {
  std::vector<std::string> names;
  names.reserve(closure.files.size());
  for (const LoadedFile& file : closure.files)
    names.emplace_back(file_name(file.name));
  return names;
}

/// A library that the program needs, by its name alone.
LoadedFile find_needed(const SystemRoot& root, const LoadedFile& program, const std::string& name) {
  Closure closure = closure_of(root, program);
  const auto found =
      std::find_if(closure.files.begin(), closure.files.end(),
                   [&name](const LoadedFile& file) { return is_called(file, name); });
  if (found == closure.files.end())
    reject(program.path, fmt::format("does not need a '{}'", printable(name)),
           did_you_mean(name, names_of(closure)) + "give the path of what it opens while it runs");
  return std::move(*found);
}

Subject find_subject(const PolicyOptions& options, const SystemRoot& root) {
  LoadedFile program = load_named(root, program_named(root, options.names[0]));
  program.name = program.path;
  Subject subject;
  subject.program = program.path;
  subject.privileged = is_privileged(program);
  if (options.names.size() > 1) {
    const std::string& name = options.names[1];
    LoadedFile object = name.find('/') == std::string::npos ? find_needed(root, program, name)
                                                            : load_named(root, name);
    subject.name = object.path == program.path ? object.path : std::move(object.name);
    subject.path = std::move(object.path);
  }
  return subject;
}

std::string causes_text(const Decision& decision, const std::string& source) {
  std::string text = decision.built_in_first ? "built-in" : "";
  for (const Decision::Cause& cause : decision.causes)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                        place_text(source, cause.entry->place.line), cause.section->header());
  return printable(text);
}

std::string table(const std::vector<Decision>& decisions, const std::string& source, bool color) {
  using Align = Table::Align;
  const Style heading = Style::heading;
  Table table{{Align::left, Align::left, Align::left}};
  table.add({{"key", heading}, {"value", heading}, {"decided by", heading}});
  for (const Decision& decision : decisions)
    table.add(
        {{key_name(decision.key)},
         {printable(decision.value)},
         {causes_text(decision, source), decision.causes.empty() ? Style::faint : Style::plain}});
  return table.text(color);
}

Json decision_array(const std::vector<Decision>& decisions) {
  Json array = Json::array();
  for (const Decision& decision : decisions) {
    Json causes = Json::array();
    for (const Decision::Cause& cause : decision.causes)
      causes.push_back({{"section", cause.section->header()},
                        {"section_line", cause.section->place.line},
                        {"line", cause.entry->place.line},
                        {"value", cause.entry->value}});
    array.push_back({{"key", key_name(decision.key)},
                     {"value", decision.value},
                     {"built_in", decision.built_in_first},
                     {"causes", std::move(causes)}});
  }
  return array;
}

} // namespace

int policy_explain(const PolicyOptions& options) {
  const SystemRoot root = options.system();
  const Subject subject = find_subject(options, root);
  const HeldPolicy policy = held_policy(options, root, subject.privileged);
  if (!policy.problem.empty() && !options.policy.empty())
    throw CommandError(printable(policy.problem));
  const bool ok = policy.problem.empty();
  const std::string message = ok ? "" : policy.problem_and_stand_in();
  if (!ok)
    complain_text(message);
  const std::vector<Decision> decisions = decide(policy.sections, subject.view(), policy.built_in);
  if (options.json) {
    Json errors = Json::array();
    if (!ok)
      errors.push_back({{"file", kSystemPolicy}, {"message", message}});
    answer(text_of({{"schema", "sealwax-policy-explain 1"},
                    {"program", subject.program},
                    {"object", text_or_null(subject.path)},
                    {"policy", text_or_null(policy.source)},
                    {"keys", decision_array(decisions)},
                    {"errors", std::move(errors)},
                    {"ok", ok}}) +
           '\n');
    return ok ? kAsItShouldBe : kCouldNotTell;
  }
  answer(fmt::format("program: {}\n", printable(subject.program)));
  if (!subject.path.empty())
    answer(fmt::format("object: {}\n", printable(subject.path)));
  answer(fmt::format("policy: {}\n",
                     policy.source.empty() ? "built-in default" : printable(policy.source)));
  answer(table(decisions, policy.source, wants_color(options.color)));
  return ok ? kAsItShouldBe : kCouldNotTell;
}

} // namespace sealwax::cli
