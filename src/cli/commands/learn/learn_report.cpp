// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/learn/learn_report.hpp"

#include "cli/output/json.hpp"
#include "cli/output/output.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>

namespace sealwax::cli::learn {
namespace {

std::string_view kind_name(RefusedCall::Kind kind) {
  switch (kind) {
  case RefusedCall::Kind::seal:
    return "seal";
  case RefusedCall::Kind::mapped_code:
    return "mapped-code";
  case RefusedCall::Kind::own:
    return "own";
  case RefusedCall::Kind::unknown:
    return "unknown";
  case RefusedCall::Kind::exec_gain:
    return "exec-gain";
  }
  return "";
}

std::string ending_text(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("ended by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  return fmt::format("ended with status {}", WEXITSTATUS(status));
}

std::string calls_text(std::uint64_t calls) {
  return calls == 0 ? "nothing" : counted(calls, "call", "calls");
}

/// What the call was about.
std::string subject(const RefusedCall& refused) {
  switch (refused.kind) {
  case RefusedCall::Kind::exec_gain:
    return "new executable memory";
  case RefusedCall::Kind::own:
    if (refused.object.empty())
      return "memory of Sealwax's own";
    break;
  case RefusedCall::Kind::unknown:
    return "memory that may not be read";
  default:
    break;
  }
  return printable(refused.object);
}

std::size_t without_exception(std::span<const RefusedCall> refused_calls) {
  return static_cast<std::size_t>(
      std::count_if(refused_calls.begin(), refused_calls.end(),
                    [](const RefusedCall& one) { return !can_be_excepted(one); }));
}

std::string table_text(std::span<const RefusedCall> refused_calls, bool color) {
  using Align = Table::Align;
  Table table{{Align::right, Align::left, Align::left, Align::left, Align::left}};
  table.add({{"times", Style::heading},
             {"call", Style::heading},
             {"object", Style::heading},
             {"by", Style::heading},
             {"program", Style::heading}});
  for (const RefusedCall& refused : refused_calls)
    table.add({{std::to_string(refused.count)},
               {describe_call(refused), Style::bad},
               {subject(refused)},
               {refused.caller.text()},
               {printable(refused.program)}});
  return table.text(color);
}

/// What was looked at.
std::string subject_text(const Lesson& lesson) {
  if (!lesson.watched)
    return fmt::format("program: {}, {}", printable(lesson.command.front()),
                       ending_text(lesson.status));
  if (lesson.watched->seconds == 0)
    return lesson.watched->unit.empty()
               ? "watched: this boot"
               : fmt::format("watched: {}, since boot", printable(lesson.watched->unit));
  return fmt::format("watched: {}, for {} seconds", printable(lesson.watched->unit),
                     lesson.watched->seconds);
}

/// Why what was found may not be all.
std::string doubt_text(const Lesson& lesson) {
  if (lesson.came_to_its_end())
    return {};
  if (lesson.watched)
    return fmt::format("so far: {} did not keep running (systemd says {}); does it, without "
                       "sealwax?\n",
                       printable(lesson.watched->unit), printable(lesson.watched->result));
  const std::string what = lesson.died() ? "was killed" : "ended otherwise than with status 0";
  return fmt::format("so far: it {}, and what it did not come to is not learnt; does it end so "
                     "without sealwax, too?\n",
                     what);
}

std::string closings_text(std::span<const Closing> closings, bool color) {
  using Align = Table::Align;
  Table table{{Align::right, Align::left, Align::left}};
  table.add({{"closed", Style::heading}, {"object", Style::heading}, {"program", Style::heading}});
  for (const Closing& closing : closings)
    table.add({{std::to_string(closing.times)},
               {printable(closing.object)},
               {printable(closing.program)}});
  std::string text = '\n' + table.text(color) +
                     "\nWhat is sealed of a closed library stays mapped, and one that is closed "
                     "again and again is\nleft open at first. To have it loaded once, sealed and "
                     "kept, add to the policy:\n";
  for (const Closing& closing : closings)
    text += '\n' + pinning_section(closing);
  return text + '\n';
}

Json closing_array(const Lesson& lesson) {
  Json closings = Json::array();
  for (const Closing& closing : lesson.closings)
    closings.push_back({{"program", closing.program},
                        {"object", closing.object},
                        {"times", closing.times},
                        {"proposal", pinning_section(closing)}});
  return closings;
}

Json refused_object(const RefusedCall& refused) {
  return {{"kind", kind_name(refused.kind)},
          {"program", refused.program},
          {"call", refused.call},
          {"request", text_or_null(refused.request)},
          {"object", text_or_null(refused.object)},
          {"regions", name_array(refused.regions)},
          {"function", text_or_null(refused.caller.function)},
          {"caller", text_or_null(refused.caller.object)},
          {"offset", fmt::format("{:#x}", refused.caller.offset)},
          {"count", refused.count},
          {"excepted", can_be_excepted(refused)}};
}

Json watched_object(const Lesson& lesson) {
  if (!lesson.watched)
    return nullptr;
  return {{"unit", text_or_null(lesson.watched->unit)},
          {"result", lesson.watched->result},
          {"seconds", lesson.watched->seconds}};
}

/// Of how the program ended.
Json ending_object(const Lesson& lesson) {
  const bool exited = lesson.ran && WIFEXITED(lesson.status);
  const bool killed = lesson.ran && WIFSIGNALED(lesson.status);
  return {{"command", lesson.command},
          {"ran", lesson.ran},
          {"came_to_its_end", lesson.came_to_its_end()},
          {"exit_status", exited ? Json(WEXITSTATUS(lesson.status)) : Json(nullptr)},
          {"signal", killed ? Json(WTERMSIG(lesson.status)) : Json(nullptr)}};
}

} // namespace

bool Lesson::died() const {
  return ran && WIFSIGNALED(status) && !was_asked_to_end;
}

bool Lesson::came_to_its_end() const {
  if (watched)
    return watched->result == "success";
  return ran && (was_asked_to_end || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

std::string lesson_text(const Lesson& lesson, bool color) {
  std::string text =
      fmt::format("{}\npolicy: {}\nwould be refused: {}\n", subject_text(lesson),
                  lesson.policy.empty() ? "built-in default" : printable(lesson.policy),
                  calls_text(lesson.refused_calls.calls()));
  text += doubt_text(lesson);
  if (!lesson.refused_calls.all().empty())
    text += '\n' + table_text(lesson.refused_calls.all(), color) + '\n';
  if (const std::size_t count = without_exception(lesson.refused_calls.all()); count != 0)
    text += fmt::format("without exception: {}, since no policy opens that\n", count);
  if (!lesson.closings.empty())
    text += closings_text(lesson.closings, color);
  if (!lesson.output.empty())
    text += fmt::format("written: {}\n", printable(lesson.output));
  else if (lesson.has_exceptions)
    text += "the policy with what it takes:\n\n" + lesson.policy_text + '\n';
  return text + fmt::format("next: {}\n", lesson.next);
}

std::string lesson_json(const Lesson& lesson, int exit_code) {
  Json refused_calls = Json::array();
  for (const RefusedCall& refused : lesson.refused_calls.all())
    refused_calls.push_back(refused_object(refused));
  const Json document = {{"schema", "sealwax-learn 1"},
                         {"ok", exit_code == 0},
                         {"program", ending_object(lesson)},
                         {"watched", watched_object(lesson)},
                         {"policy", text_or_null(lesson.policy)},
                         {"findings", refused_calls},
                         {"closings", closing_array(lesson)},
                         {"remarks", lesson.remarks},
                         {"policy_text", text_or_null(lesson.policy_text)},
                         {"output", text_or_null(lesson.output)},
                         {"next", text_or_null(lesson.next)},
                         {"errors", lesson.errors}};
  return text_of(document, 2) + '\n';
}

} // namespace sealwax::cli::learn
