// SPDX-License-Identifier: Apache-2.0
// sealwax-policy(5) says what the code does: every key, value, region, field and event, and no
// other.
#include "model/policy/policy_keys.hpp"
#include "model/report/report.hpp"
#include "policies.hpp"
#include "sources.hpp"
#include "words.hpp"

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

using namespace sealwax;
using namespace sealwax::test;

namespace {

using Texts = std::vector<std::string>;

std::string page() {
  return source("src/man/sealwax-policy.5.scd");
}

std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t begin = text.find(from);
  INFO("from '" << from << "' to '" << to << '\'');
  REQUIRE(begin != std::string::npos);
  const std::size_t end = text.find(to, begin + from.size());
  REQUIRE(end != std::string::npos);
  return text.substr(begin + from.size(), end - begin - from.size());
}

std::string part(const std::string& title) {
  return between(page(), "\n# " + title + "\n", "\n# ");
}

/// All that `pattern` finds, its first group each.
Texts found(const std::string& text, const char* pattern) {
  const std::regex regex{pattern};
  Texts texts;
  for (std::sregex_iterator at{text.begin(), text.end(), regex}; at != std::sregex_iterator{}; ++at)
    texts.push_back((*at)[1]);
  return texts;
}

std::string without_marks(std::string text) {
  text.erase(std::remove_if(text.begin(), text.end(),
                            [](char c) { return c == '*' || c == '_' || c == '\\'; }),
             text.end());
  return text;
}

/// The terms that a part explains: what stands in bold at the begin of a line.
Texts terms(const std::string& text) {
  return found(text, "(?:^|\n)\\*([^\n]*)\\*(?=\n)");
}

/// A key and its values, in the page's form.
std::string synopsis(Key key) {
  const KeyRule& rule = rule_of(key);
  std::string text = text_of(rule.name) + " = ";
  if (key == Key::seal)
    return text + "region... | all | none";
  if (key == Key::only_in)
    return text + "glob";
  for (const Word choice : rule.choices.of)
    if (choice != Word{})
      text += (text.back() == ' ' ? "" : " | ") + text_of(choice) +
              (text_of(choice) == "file:" ? "path" : "");
  return text;
}

/// The text blocks that begin with `first`.
Texts literal_blocks(const std::string& first) {
  Texts blocks;
  for (std::string& block : found(page(), "\n```\n([^`]*)```\n"))
    if (block.compare(0, first.size(), first) == 0)
      blocks.push_back(std::move(block));
  return blocks;
}

} // namespace

TEST_CASE("the page has every key with all its values, and no other") {
  Texts in_page;
  for (const std::string& line : found(part("KEYS"), "\n(\\*[^\n]*)(?=\n)"))
    in_page.push_back(without_marks(line));
  Texts in_code;
  for (std::size_t i = 0; i < kKeys; ++i)
    in_code.push_back(synopsis(static_cast<Key>(i)));
  std::sort(in_page.begin(), in_page.end());
  std::sort(in_code.begin(), in_code.end());
  CHECK(in_page == in_code);
}

TEST_CASE("the page has the default of every key that has one") {
  const std::string keys = part("KEYS") + "\n*";
  for (std::size_t i = 0; i < kKeys; ++i) {
    const std::string name = text_of(kKeyRules[i].name);
    if (static_cast<Key>(i) == Key::only_in)
      continue;
    const std::string entry = between(keys, "\n*" + name + "* = ", "\n*");
    const std::string value = between(entry + '\n', "\tDefault: *", "*\n");
    INFO(name << " = " << value);
    CHECK(Compiled(policy("[defaults]\n" + name + " = " + value + '\n'))->process() == Settings{});
  }
}

TEST_CASE("the page has the keys that an object's section can have") {
  Texts in_code;
  for (const KeyRule& rule : kKeyRules)
    if (rule.concerns_objects)
      in_code.push_back(text_of(rule.name));
  Texts in_page = found(between(part("SECTIONS"), "Such a section may have the", "Its\n\t*seal*"),
                        "\\*([a-z-]+)\\*");
  std::sort(in_page.begin(), in_page.end());
  std::sort(in_code.begin(), in_code.end());
  CHECK(in_page == in_code);
}

TEST_CASE("the page has every region and no other") {
  Texts in_code;
  for (const RegionRow& row : kRegions)
    in_code.emplace_back(row.name);
  CHECK(terms(part("REGIONS")) == in_code);
}

TEST_CASE("the page has every limit") {
  CHECK(part("FORMAT").find("at most " + std::to_string(ProgramPolicy::kMaxLine) + " bytes") !=
        std::string::npos);
}

TEST_CASE("the page has every field of a report, in the order of the line") {
  Report full;
  using Text = std::string_view Report::*;
  for (Text text : {&Report::exe, &Report::event, &Report::call, &Report::args, &Report::object,
                    &Report::region, &Report::caller, &Report::mode, &Report::message})
    full.*text = "x";
  full.count = 1;
  full.dropped = 1;
  char line[1000];
  const std::string written{line, format_report(full, Slice<char>{line})};
  CHECK(terms(between(part("REPORTS"), "\n", "\nThe events:")) == found(written, " ([a-z]+)=[^ ]"));
}

TEST_CASE("the page has every event that the shared object reports, and no other") {
  std::set<std::string> in_code;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{
           std::filesystem::path{SEALWAX_SOURCES} / "src/shim"})
    if (entry.path().extension() == ".cpp")
      for (const std::string& event :
           found(source(std::filesystem::relative(entry.path(), SEALWAX_SOURCES).string()),
                 "(?:\\bsend\\(|\\breport_call\\(|\\.event = )[^;\"]*\"([a-z-]+)\""))
        in_code.insert(event);
  const Texts events = terms(between(page(), "\nThe events:\n", "\n# "));
  CHECK(std::set<std::string>{events.begin(), events.end()} == in_code);
}

TEST_CASE("the page's policies are policies") {
  const Texts all = literal_blocks("sealwax-policy 1\n");
  REQUIRE(all.size() == 4); // The first line alone, and three examples.
  for (const std::string& text : all)
    for (const char* program : {"/usr/bin/prog", "/usr/sbin/httpd", "/usr/bin/php8.2"})
      CHECK(Compiled(text, program)->process().report_to != ReportTo::none);
}

TEST_CASE("the page's report is a report") {
  const Texts lines = literal_blocks("sealwax-report ");
  REQUIRE(lines.size() == 1);
  const std::string line = lines[0].substr(0, lines[0].size() - 1);
  std::vector<char> buffer(line.size());
  const auto report = parse_report(line, {buffer.data(), buffer.size()});
  REQUIRE(report.ok());
  std::vector<char> again(line.size());
  CHECK(line == std::string(again.data(), format_report(*report, {again.data(), again.size()})));
}

TEST_CASE("the README's policy is a policy") {
  const Texts blocks =
      found(source("README.md"), "\n\n((?:    sealwax-policy 1\n)(?:    [^\n]*\n|\n)*)");
  REQUIRE(blocks.size() == 1);
  const std::string text = std::regex_replace(blocks[0], std::regex{"(^|\n)    "}, "$1");
  CHECK(Compiled(text, "/usr/bin/php8.2")->process().seal.has(Region::data));
  const Compiled node{text, "/usr/bin/node"};
  CHECK_FALSE(node->object("/usr/bin/node", "/usr/bin/node").seal.has(Region::text));
  CHECK(node->object("libc.so.6", "/usr/lib/libc.so.6").seal.has(Region::text));
}
