#include "cli/commands/learn/learn_report.hpp"

#include "cli/output/json.hpp"
#include "cli/output/output.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>

namespace sealwax::cli::learn {
namespace {

std::string_view kind_name(Finding::Kind kind) {
  switch (kind) {
  case Finding::Kind::seal:
    return "seal";
  case Finding::Kind::mapped_code:
    return "mapped-code";
  case Finding::Kind::own:
    return "own";
  case Finding::Kind::unknown:
    return "unknown";
  case Finding::Kind::exec_gain:
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
std::string subject(const Finding& finding) {
  switch (finding.kind) {
  case Finding::Kind::exec_gain:
    return "new executable memory";
  case Finding::Kind::own:
    if (finding.object.empty())
      return "memory of Sealwax's own";
    break;
  case Finding::Kind::unknown:
    return "memory that may not be read";
  default:
    break;
  }
  return printable(finding.object);
}

std::size_t without_exception(std::span<const Finding> findings) {
  return static_cast<std::size_t>(std::count_if(
      findings.begin(), findings.end(), [](const Finding& one) { return !can_be_excepted(one); }));
}

std::string table_text(std::span<const Finding> findings, bool color) {
  using Align = Table::Align;
  Table table{{Align::right, Align::left, Align::left, Align::left, Align::left}};
  table.add({{"times", Style::heading},
             {"call", Style::heading},
             {"object", Style::heading},
             {"by", Style::heading},
             {"program", Style::heading}});
  for (const Finding& finding : findings)
    table.add({{std::to_string(finding.count)},
               {describe_call(finding), Style::bad},
               {subject(finding)},
               {finding.caller.text()},
               {printable(finding.program)}});
  return table.text(color);
}

Json finding_object(const Finding& finding) {
  return {{"kind", kind_name(finding.kind)},
          {"program", finding.program},
          {"call", finding.call},
          {"request", text_or_null(finding.request)},
          {"object", text_or_null(finding.object)},
          {"regions", name_array(finding.regions)},
          {"function", text_or_null(finding.caller.function)},
          {"caller", text_or_null(finding.caller.object)},
          {"offset", fmt::format("{:#x}", finding.caller.offset)},
          {"count", finding.count},
          {"excepted", can_be_excepted(finding)}};
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

bool is_plain(const std::string& word) {
  return !word.empty() &&
         word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_") == std::string::npos;
}

std::string shell_word(const std::string& word) {
  if (is_plain(word))
    return word;
  // $'...' (POSIX.1-2024) where something could steer a terminal or break the line.
  std::string quoted, plain = "'";
  bool has_control = false;
  for (const char byte : word) {
    const bool control = printable({&byte, 1}).size() != 1;
    has_control |= control;
    plain += byte == '\'' ? std::string{"'\\''"} : std::string{byte};
    if (byte == '\'' || byte == '\\')
      quoted += '\\';
    quoted +=
        control ? fmt::format("\\{:03o}", static_cast<unsigned char>(byte)) : std::string{byte};
  }
  return has_control ? "$'" + quoted + "'" : plain + "'";
}

} // namespace

std::string shell_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : " ") + shell_word(word);
  return text;
}

std::string lesson_text(const Lesson& lesson, bool color) {
  std::string text =
      fmt::format("program: {}, {}\npolicy: {}\nwould be refused: {}\n",
                  printable(lesson.command.front()), ending_text(lesson.status),
                  lesson.policy.empty() ? "built-in default" : printable(lesson.policy),
                  calls_text(lesson.findings.calls()));
  if (!lesson.findings.all().empty())
    text += '\n' + table_text(lesson.findings.all(), color) + '\n';
  if (const std::size_t count = without_exception(lesson.findings.all()); count != 0)
    text += fmt::format("without exception: {}, since no policy opens that\n", count);
  if (!lesson.output.empty())
    text += fmt::format("written: {}\n", printable(lesson.output));
  else if (lesson.has_exceptions)
    text += "the policy with what it takes:\n\n" + lesson.policy_text + '\n';
  return text + fmt::format("next: {}\n", lesson.next);
}

std::string lesson_json(const Lesson& lesson, int exit_code) {
  Json findings = Json::array();
  for (const Finding& finding : lesson.findings.all())
    findings.push_back(finding_object(finding));
  const Json document = {{"schema", "sealwax-learn 1"},
                         {"ok", exit_code == 0},
                         {"program", ending_object(lesson)},
                         {"policy", text_or_null(lesson.policy)},
                         {"findings", findings},
                         {"remarks", lesson.remarks},
                         {"policy_text", text_or_null(lesson.policy_text)},
                         {"output", text_or_null(lesson.output)},
                         {"next", text_or_null(lesson.next)},
                         {"errors", lesson.errors}};
  return text_of(document, 2) + '\n';
}

} // namespace sealwax::cli::learn
