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
  return calls == 0 ? "nothing" : fmt::format("{} {}", calls, calls == 1 ? "call" : "calls");
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

/// Of how the program ended.
Json ending_object(const Lesson& lesson) {
  const bool exited = lesson.ran && WIFEXITED(lesson.status);
  const bool killed = lesson.ran && WIFSIGNALED(lesson.status);
  return {{"command", lesson.command},
          {"ran", lesson.ran},
          {"exit_status", exited ? Json(WEXITSTATUS(lesson.status)) : Json(nullptr)},
          {"signal", killed ? Json(WTERMSIG(lesson.status)) : Json(nullptr)}};
}

} // namespace

std::string lesson_text(const Lesson& lesson, bool color) {
  std::string text =
      fmt::format("program: {}, {}\npolicy: {}\nwould be refused: {}\n",
                  printable(lesson.command.front()), ending_text(lesson.status),
                  lesson.policy.empty() ? "built-in default" : printable(lesson.policy),
                  calls_text(lesson.refused_calls.calls()));
  if (!lesson.refused_calls.all().empty())
    text += '\n' + table_text(lesson.refused_calls.all(), color) + '\n';
  if (const std::size_t count = without_exception(lesson.refused_calls.all()); count != 0)
    text += fmt::format("without exception: {}, since no policy opens that\n", count);
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
                         {"policy", text_or_null(lesson.policy)},
                         {"findings", refused_calls},
                         {"remarks", lesson.remarks},
                         {"policy_text", text_or_null(lesson.policy_text)},
                         {"output", text_or_null(lesson.output)},
                         {"next", text_or_null(lesson.next)},
                         {"errors", lesson.errors}};
  return text_of(document, 2) + '\n';
}

} // namespace sealwax::cli::learn
