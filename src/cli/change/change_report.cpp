// SPDX-License-Identifier: Apache-2.0
#include "cli/change/change_report.hpp"

#include "cli/output/json.hpp"
#include "cli/output/output.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sealwax::cli {

void ChangeReport::tell(std::string_view key, const std::string& value, const std::string& line) {
  members_.emplace_back(key, value);
  if (!options_.json && !line.empty())
    answer(line + "\n");
}

void ChangeReport::tell_tried(const std::vector<std::string>& programs) {
  tried_ = programs;
  if (!options_.json)
    answer(fmt::format("tried: {}\n", printable(fmt::format("{}", fmt::join(programs, ", ")))));
}

void ChangeReport::diff(const std::string& text) {
  diff_ = text;
  if (!options_.json && options_.dry_run)
    answer(text);
}

void ChangeReport::changed(const std::string& line) {
  changed_ = true;
  unchanged(line);
}

void ChangeReport::unchanged(const std::string& line) {
  if (!options_.json)
    answer(line + "\n");
}

void ChangeReport::finding(const std::string& message) {
  complain_text(message);
  findings_.push_back(message);
}

int ChangeReport::finish(int code) const {
  if (options_.json)
    answer_document(code);
  return code;
}

void ChangeReport::fail(const std::string& message, ExitCode code) {
  errors_.push_back(message);
  answer_document(code);
}

void ChangeReport::answer_document(int code) const {
  Json document{{"schema", fmt::format("sealwax-{} 1", command_)},
                {"ok", code == kAsItShouldBe},
                {"dry_run", options_.dry_run},
                {"changed", changed_}};
  for (const auto& [key, value] : members_)
    document[key] = value;
  if (command_ == "install")
    document["tried"] = tried_;
  if (command_ != "uninstall")
    document["findings"] = findings_;
  document["diff"] = diff_;
  document["errors"] = errors_;
  answer(text_of(document, 2) + '\n');
}

} // namespace sealwax::cli
