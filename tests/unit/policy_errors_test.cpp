// SPDX-License-Identifier: Apache-2.0
// Every error that a policy can have: its place, its message and the word that it is about.
#include "model/policy/policy_keys.hpp"
#include "policies.hpp"
#include "words.hpp"

#include <string>
#include <vector>

using namespace sealwax;
using namespace sealwax::test;

namespace {

/// "LINE:COLUMN: MESSAGE 'WORD'", or "no error".
std::string error_in(const std::string& text, std::string_view program = "/usr/bin/prog") {
  std::vector<char> storage(ProgramPolicy::storage_bound(text.size()));
  const Result<ProgramPolicy, PolicyError> result =
      ProgramPolicy::compile(text, program, {storage.data(), storage.size()});
  if (result.ok())
    return "no error";
  const PolicyError& error = result.error();
  CHECK(result->storage_used() == 0); // Nothing half applied.
  CHECK(result->process() == Settings{});
  return std::to_string(error.line) + ':' + std::to_string(error.column) + ": " + error.message +
         (error.word.empty() ? "" : " '" + std::string{error.word} + "'");
}

/// The error in a second line after [defaults].
std::string line_error(const std::string& line) {
  return error_in("sealwax-policy 1\n[defaults]\n" + line + "\n");
}
std::string object_error(const std::string& line) {
  return error_in("sealwax-policy 1\n[object libx.so]\n" + line + "\n");
}
std::string header_error(const std::string& line) {
  return error_in("sealwax-policy 1\n" + line + "\nmode = off\n");
}

} // namespace

TEST_CASE("the first line") {
  const std::string missing = "the first line must be 'sealwax-policy 1'";
  CHECK(error_in("") == "1:1: " + missing);
  CHECK(error_in("\n") == "1:1: " + missing);
  CHECK(error_in("\nsealwax-policy 1\n") == "1:1: " + missing);
  CHECK(error_in("# comment\nsealwax-policy 1\n") == "1:1: " + missing);
  CHECK(error_in("[defaults]\n") == "1:1: " + missing);
  CHECK(error_in(" sealwax-policy 1\n") == "1:1: " + missing);
  CHECK(error_in("sealwax-policy\n") == "1:1: " + missing);
  CHECK(error_in("sealwax-policy1\n") == "1:1: " + missing);
  const std::string version = "this version reads 'sealwax-policy 1' only";
  CHECK(error_in("sealwax-policy 2\n") == "1:16: " + version + " '2'");
  CHECK(error_in("sealwax-policy  10\n") == "1:17: " + version + " '10'");
  CHECK(error_in("sealwax-policy 1 # x\n") == "1:16: " + version + " '1 # x'");
  CHECK(error_in("\xef\xbb\xbfsealwax-policy 1\n") ==
        "1:1: byte order mark: save the file as UTF-8 without one");
}

TEST_CASE("what is no text") {
  const std::string carriage = "carriage return: lines must end in a line feed alone";
  CHECK(error_in("sealwax-policy 1\r\n[defaults]\r\n") == "1:17: " + carriage);
  CHECK(line_error("mode = off\r") == "3:11: " + carriage);
  CHECK(line_error(std::string{"mode = \0off", 11}) == "3:8: NUL byte: this is not a text file");
  CHECK(error_in(std::string(3, '\0')) == "1:1: NUL byte: this is not a text file");
  CHECK(line_error("# \x1b[31m") == "3:3: control character");
  CHECK(line_error("# \x7f") == "3:3: control character");
  CHECK(line_error("\f") == "3:1: control character");
  CHECK(line_error("# tabs\tand \xc3\xa9 are text") == "no error");
}

TEST_CASE("a control character is found at every place of a line") {
  for (std::size_t place = 0; place < 60; ++place) {
    std::string line = "#" + std::string(60, 'x');
    line.insert(1 + place, 1, '\x01');
    CHECK(line_error(line) == "3:" + std::to_string(place + 2) + ": control character");
  }
}

TEST_CASE("errors come in the order of the text") {
  CHECK(line_error("mode = of\n\x01") == "3:8: mode must be enforce, audit or off 'of'");
  CHECK(line_error("\x01\nmode = of") == "3:1: control character");
}

TEST_CASE("a line too long") {
  const std::string longest(4096, '#');
  CHECK(line_error(longest) == "no error");
  CHECK(line_error(longest + "#") == "3:4097: line longer than 4096 bytes");
  CHECK(line_error(longest + "#\x01") == "3:4097: line longer than 4096 bytes");
  CHECK(error_in(longest + "#") == "1:4097: line longer than 4096 bytes");
}

TEST_CASE("headers") {
  CHECK(header_error("[defaults") == "2:1: section header without its ']'");
  CHECK(header_error("[") == "2:1: section header without its ']'");
  CHECK(header_error("[program /usr/bin/x") == "2:1: section header without its ']'");
  CHECK(header_error("[defaults] x") == "2:12: text behind a section header 'x'");
  CHECK(header_error("[program x]  # y") == "2:14: text behind a section header '# y'");
  const std::string unknown =
      "unknown section: there are [defaults], [program GLOB] and [object GLOB]";
  CHECK(header_error("[]") == "2:2: " + unknown);
  CHECK(header_error("[default]") == "2:2: " + unknown + " 'default'");
  CHECK(header_error("[Defaults]") == "2:2: " + unknown + " 'Defaults'");
  CHECK(header_error("[defaults ]") == "2:2: " + unknown + " 'defaults '");
  CHECK(header_error("[ defaults]") == "2:2: " + unknown + " ' defaults'");
  CHECK(header_error("[defaults x]") == "2:2: " + unknown + " 'defaults x'");
  CHECK(header_error("  [library x]") == "2:4: " + unknown + " 'library x'");
  CHECK(header_error("[program]") == "2:2: " + unknown + " 'program'");
  CHECK(header_error("[program\tx]") == "2:2: " + unknown + " 'program\tx'");
}

TEST_CASE("globs in headers") {
  CHECK(header_error("[program ]") == "2:10: empty glob");
  CHECK(header_error("[object ]") == "2:9: empty glob");
  CHECK(header_error("[program /usr/[ab]") ==
        "2:15: '[' without its ']' in a glob (for a plain '[' write '\\[') '[ab'");
  CHECK(header_error("[object x\\]") == "2:10: nothing behind the '\\' at the end of a glob (for a "
                                        "plain '\\' write '\\\\') '\\'");
  CHECK(header_error("[object [z-a]]") == "2:9: range that runs backwards in a glob '[z-a]'");
  CHECK(header_error("[object [[:digit:]]]") ==
        "2:9: character classes such as [:alpha:] are not supported in a glob '[[:digit:]]'");
}

TEST_CASE("lines that are nothing") {
  const std::string expected = "expected '[SECTION]', 'KEY = VALUE' or '# COMMENT'";
  CHECK(line_error("mode") == "3:1: " + expected + " 'mode'");
  CHECK(line_error("  mode off  ") == "3:3: " + expected + " 'mode off'");
  CHECK(line_error("= off") == "3:1: " + expected + " '= off'");
  CHECK(line_error("defaults]") == "3:1: " + expected + " 'defaults]'");
  // Of the next line, too, nothing may be taken.
  CHECK(line_error("mode\nmode = off") == "3:1: " + expected + " 'mode'");
}

TEST_CASE("keys") {
  CHECK(error_in("sealwax-policy 1\nmode = off\n") == "2:1: key before the first section 'mode'");
  CHECK(error_in("sealwax-policy 1\nx = y\n") == "2:1: key before the first section 'x'");
  CHECK(line_error("mod = off") == "3:1: unknown key 'mod'");
  CHECK(line_error("Mode = off") == "3:1: unknown key 'Mode'");
  CHECK(line_error(" a-name-longer-than-any = x") == "3:2: unknown key 'a-name-longer-than-any'");
  CHECK(line_error("mode x = off") == "3:1: unknown key 'mode x'");
  CHECK(line_error("mode =") == "3:7: key without a value 'mode'");
  CHECK(line_error("seal = \t") == "3:7: key without a value 'seal'");
  CHECK(line_error("mode = off\nmode = off") == "4:1: key that this section already has 'mode'");
  CHECK(line_error("seal = +data\nrelro = private\nseal = -gaps") ==
        "5:1: key that this section already has 'seal'");
  CHECK(line_error("mode = off\n[defaults]\nmode = off") == "no error");
  CHECK(object_error("only-in = x\nonly-in = x") ==
        "4:1: key that this section already has 'only-in'");
}

TEST_CASE("keys in the wrong kind of section") {
  for (const KeyRule& rule : kKeyRules)
    if (!rule.concerns_objects)
      CHECK(object_error(text_of(rule.name) + " = allow") ==
            "3:1: key that an [object] section cannot have '" + text_of(rule.name) + "'");
  for (const char* line : {"mode = off", "seal = text", "relro = in-place", "dlopen = skip",
                           "mapped-code = leave", "only-in = x"})
    CHECK(object_error(line) == "no error");
  CHECK(line_error("only-in = x") == "3:1: key that only an [object] section can have 'only-in'");
  CHECK(error_in("sealwax-policy 1\n[program x]\nonly-in = x\n") ==
        "3:1: key that only an [object] section can have 'only-in'");
}

TEST_CASE("values out of their set") {
  CHECK(line_error("mode = on") == "3:8: mode must be enforce, audit or off 'on'");
  CHECK(line_error("mode = Off") == "3:8: mode must be enforce, audit or off 'Off'");
  CHECK(line_error("mode = off off") == "3:8: mode must be enforce, audit or off 'off off'");
  CHECK(line_error("mode = off # x") == "3:8: mode must be enforce, audit or off 'off # x'");
  CHECK(line_error("mode = = off") == "3:8: mode must be enforce, audit or off '= off'");
  CHECK(line_error("relro = public") == "3:9: relro must be private or in-place 'public'");
  CHECK(line_error("text = public") == "3:8: text must be auto, in-place or private 'public'");
  CHECK(line_error("dlopen = pinned") ==
        "3:10: dlopen must be seal, pin, pinned-only or skip 'pinned'");
  CHECK(line_error("exec-gain = yes") ==
        "3:13: exec-gain must be allow, deny, deny-inherit or closed 'yes'");
  CHECK(line_error("on-refused = die") == "3:14: on-refused must be ignore, report or kill 'die'");
  CHECK(line_error("report-to = syslog") ==
        "3:13: report-to must be journal, stderr, file:PATH or none 'syslog'");
  CHECK(line_error("mapped-code = pin") == "3:15: mapped-code must be leave or seal 'pin'");
  CHECK(line_error("environment = maybe") == "3:15: environment must be allow or deny 'maybe'");
  CHECK(line_error("seccomp = x") == "3:11: seccomp must be probe, trust or skip 'x'");
  CHECK(line_error("seccomp = a-value-longer-than-any") ==
        "3:11: seccomp must be probe, trust or skip 'a-value-longer-than-any'");
}

TEST_CASE("the report file") {
  const std::string absolute = "report-to's file must be an absolute path";
  CHECK(line_error("report-to = file") ==
        "3:13: report-to must be journal, stderr, file:PATH or none 'file'");
  CHECK(line_error("report-to = file:") == "3:18: " + absolute);
  CHECK(line_error("report-to = file:log") == "3:18: " + absolute + " 'log'");
  CHECK(line_error("report-to = file: /log") == "3:18: " + absolute + " ' /log'");
}

TEST_CASE("every key with a set of words is a setting, and an error names its words") {
  std::vector<Key> visited;
  Settings settings;
  for_each_choice(settings, [&](Key key, auto) { visited.push_back(key); });
  std::vector<Key> with_words;
  for (const KeyRule& rule : kKeyRules)
    if (rule.choices.count() != 0)
      with_words.push_back(rule.key);
  CHECK(visited == with_words);
  for (const Key key : with_words)
    for (std::size_t i = 0; i < rule_of(key).choices.count(); ++i) {
      INFO(expectation(key));
      CHECK(std::string{expectation(key)}.find(text_of(rule_of(key).choices[i])) !=
            std::string::npos);
    }
  CHECK(std::string{expectation(Key::report_to)} ==
        "report-to must be journal, stderr, file:PATH or none");
  CHECK(std::string{expectation(Key::mapped_code)} == "mapped-code must be leave or seal");
  CHECK(std::string{region_expectation()} ==
        "unknown region: there are text, rodata, relro, gaps, data, vdso and stack");
}

TEST_CASE("every choice of every key is accepted, and what it is a part of is not") {
  for (std::size_t i = 0; i < kKeys; ++i) {
    const KeyRule& rule = kKeyRules[i];
    for (const Word choice : rule.choices.of) {
      std::string value = text_of(choice);
      if (value.empty())
        continue;
      if (value == "file:")
        value += "/var/log/sealwax";
      INFO(text_of(rule.name) << " = " << value);
      CHECK(line_error(text_of(rule.name) + " = " + value) == "no error");
      const std::string longer = line_error(text_of(rule.name) + " = x" + value);
      CHECK(longer.find(" must be ") != std::string::npos);
    }
  }
}

TEST_CASE("regions") {
  const std::string unknown =
      "unknown region: there are text, rodata, relro, gaps, data, vdso and stack";
  CHECK(line_error("seal = code") == "3:8: " + unknown + " 'code'");
  CHECK(line_error("seal = text, data") == "3:8: " + unknown + " 'text,'");
  CHECK(line_error("seal = text # all") == "3:13: " + unknown + " '#'");
  CHECK(line_error("seal = +text -Data") == "3:15: " + unknown + " 'Data'");
  CHECK(line_error("seal = + text") == "3:9: " + unknown);
  CHECK(line_error("seal = +a-region-longer-than-any") ==
        "3:9: " + unknown + " 'a-region-longer-than-any'");
  const std::string mixed = "a list either sets the regions or amends them by + and -, never both";
  CHECK(line_error("seal = text +data") == "3:13: " + mixed + " '+data'");
  CHECK(line_error("seal = -data text") == "3:14: " + mixed + " 'text'");
  CHECK(line_error("seal = text data text") == "3:18: region that this list already has 'text'");
  CHECK(line_error("seal = +text -text") == "3:14: region that this list already has '-text'");
  CHECK(line_error("seal = all text") == "3:8: 'all' and 'none' stand alone 'all'");
  CHECK(line_error("seal = text none") == "3:13: 'all' and 'none' stand alone 'none'");
  CHECK(line_error("seal = +all") == "3:9: 'all' and 'none' stand alone 'all'");
  CHECK(line_error("seal = ++data") == "3:9: " + unknown + " '+data'");
}

TEST_CASE("an object has neither vdso nor stack") {
  const std::string message = "region of the process, which an [object] section cannot have";
  CHECK(object_error("seal = text vdso") == "3:13: " + message + " 'vdso'");
  CHECK(object_error("seal = -stack") == "3:9: " + message + " 'stack'");
  CHECK(object_error("seal = all") == "no error");
  CHECK(object_error("seal = none") == "no error");
}

TEST_CASE("only-in") {
  CHECK(object_error("only-in =") == "3:10: key without a value 'only-in'");
  CHECK(object_error("only-in = /x[") ==
        "3:13: '[' without its ']' in a glob (for a plain '[' write '\\[') '['");
}

TEST_CASE("sections of other programs are checked as well") {
  CHECK(error_in("sealwax-policy 1\n[program other]\nmode = x\n") ==
        "3:8: mode must be enforce, audit or off 'x'");
  CHECK(error_in("sealwax-policy 1\n[object x]\nonly-in = other\nmode = x\n") ==
        "4:8: mode must be enforce, audit or off 'x'");
}

TEST_CASE("storage that does not hold the policy") {
  const std::string text = "sealwax-policy 1\n[defaults]\nmode = off\n[object libx.so]\nmode=off\n";
  std::vector<char> storage(ProgramPolicy::storage_bound(text.size()));
  const std::size_t needed =
      ProgramPolicy::compile(text, "/x", {storage.data(), storage.size()})->storage_used();
  CHECK(ProgramPolicy::compile(text, "/x", {storage.data(), needed}).ok());
  for (std::size_t size = 0; size < needed; ++size) {
    // Exactly as large as it claims, so that a sanitizer sees a write past it.
    std::vector<char> small(size);
    const auto result = ProgramPolicy::compile(text, "/x", {small.data(), size});
    REQUIRE_FALSE(result.ok());
    CHECK(std::string{result.error().message} == "no room to keep this policy in");
  }
}

TEST_CASE("an error says where [defaults] wanted reports until then") {
  const auto hint = [](const std::string& text) {
    std::vector<char> storage(ProgramPolicy::storage_bound(text.size()));
    const auto result =
        ProgramPolicy::compile(text, "/usr/bin/prog", {storage.data(), storage.size()});
    REQUIRE_FALSE(result.ok());
    return result.error().report_to;
  };
  CHECK(hint("") == ReportTo::journal);
  CHECK(hint("sealwax-policy 1\n[defaults]\nreport-to = stderr\nx\n") == ReportTo::standard_error);
  CHECK(hint("sealwax-policy 1\n[defaults]\nx\nreport-to = stderr\n") == ReportTo::journal);
  CHECK(
      hint("sealwax-policy 1\n[defaults]\nreport-to = stderr\n[defaults]\nreport-to = none\nx\n") ==
      ReportTo::none);
  CHECK(hint("sealwax-policy 1\n[program prog]\nreport-to = stderr\nx\n") == ReportTo::journal);
}

namespace {

/// What mode the text wanted, as far as that was known at its error.
Mode mode_beside_error(const std::string& text) {
  std::vector<char> storage(ProgramPolicy::storage_bound(text.size()));
  const Result<ProgramPolicy, PolicyError> result = ProgramPolicy::compile(
      "sealwax-policy 1\n" + text, "/usr/bin/prog", {storage.data(), storage.size()});
  CHECK_FALSE(result.ok());
  return result.error().mode;
}

} // namespace

TEST_CASE("a policy with an error enforces only where it said so above the error") {
  CHECK(mode_beside_error("[defaults]\nmode = enforce\nseal = txt\n") == Mode::enforce);
  CHECK(mode_beside_error("[defaults]\nmode = off\nseal = txt\n") == Mode::off);
  CHECK(mode_beside_error("[defaults]\nmode = audit\nseal = txt\n") == Mode::audit);
  CHECK(mode_beside_error("[defaults]\nmode = observe\n") == Mode::audit);
  CHECK(mode_beside_error("[defaults]\nmod = audit\n") == Mode::audit);
  CHECK(mode_beside_error("[default]\nmode = enforce\n") == Mode::audit);
  CHECK(mode_beside_error("[defaults]\nseal = txt\nmode = enforce\n") == Mode::audit);
  CHECK(mode_beside_error("[program prog]\nmode = enforce\nseal = txt\n") == Mode::audit);
  CHECK(mode_beside_error("[defaults]\nmode = enforce\n[defaults]\nmode = observe\n") ==
        Mode::audit);
}

TEST_CASE("the built-in default in some mode") {
  char storage[64];
  for (const Mode mode : {Mode::enforce, Mode::audit, Mode::off}) {
    Settings settings;
    settings.mode = mode;
    CHECK(ProgramPolicy::built_in(mode, Slice<char>{storage}).process() == settings);
  }
}
