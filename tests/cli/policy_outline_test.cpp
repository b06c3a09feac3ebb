// SPDX-License-Identifier: Apache-2.0
// A policy's outline says what the model says, which is what holds in a program.
#include "cli/commands/policy/policy_lint.hpp"
#include "cli/sealing/outline/policy_decision.hpp"
#include "model/policy/glob.hpp"
#include "policies.hpp"
#include "sources.hpp"

#include <random>
#include <sstream>

using namespace sealwax;
using namespace sealwax::cli;
using namespace sealwax::test;

namespace {

constexpr Key kAllKeys[] = {Key::seal,        Key::mode,        Key::relro,      Key::text,
                            Key::dlopen,      Key::exec_gain,   Key::on_refused, Key::report_to,
                            Key::mapped_code, Key::environment, Key::seccomp};

struct Names {
  const char* name;
  const char* path;
};
constexpr const char* kPrograms[] = {"/usr/bin/prog", "/usr/sbin/other", "/opt/a b/prog"};
constexpr Names kObjects[] = {{"/lib/libx.so.1", "/usr/lib/libx.so.1.0"},
                              {"/usr/bin/prog", "/usr/bin/prog"},
                              {"/opt/liby.so", "/opt/liby.so"}};

std::string settings_text(const Settings& settings, bool of_an_object) {
  std::string text;
  for (const Key key : kAllKeys)
    if (!of_an_object || rule_of(key).concerns_objects)
      text += key_name(key) + " = " + value_text(key, settings) + '\n';
  return text;
}

std::string decided_text(const std::vector<PolicySection>& sections, const PolicySubject& subject) {
  const std::vector<Decision> decisions = decide(sections, subject, Mode::enforce);
  std::string text;
  for (const Key key : kAllKeys)
    for (const Decision& decision : decisions)
      if (decision.key == key)
        text += key_name(key) + " = " + decision.value + '\n';
  return text;
}

void compare(const std::string& text) {
  INFO(text);
  const std::vector<PolicySection> sections = outline(text);
  for (const char* program : kPrograms) {
    const Compiled policy{text, program};
    CHECK(decided_text(sections, {program, {}, {}}) == settings_text(policy->process(), false));
    for (const Names& object : kObjects)
      CHECK(decided_text(sections, {program, object.name, object.path}) ==
            settings_text(policy->object(object.name, object.path), true));
  }
}

/// Sections of all kinds with values of all kinds.
class Generator {
public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  std::string policy() {
    std::string text = "sealwax-policy 1\n";
    for (std::uint32_t i = below(6); i != 0; --i)
      text += section();
    return text;
  }

private:
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  template <std::size_t N>
  const char* one_of(const char* const (&choices)[N]) {
    return choices[below(N)];
  }
  std::string blanks() { return one_of({"", " ", "\t ", "  "}); }

  std::string section() {
    const std::uint32_t kind = below(3);
    std::string text = blanks();
    if (kind == 0)
      text += "[defaults]";
    else if (kind == 1)
      text += std::string{"[program "} + one_of({"prog", "/usr/bin/*", "*/a b/prog", "x"}) + ']';
    else
      text += std::string{"[object "} + one_of({"libx.so.1", "/usr/lib/libx*", "prog", "*"}) + ']';
    text += blanks() + '\n' + one_of({"", "# mode = off\n", "\n \n"});
    for (const Key key : kAllKeys)
      if (below(4) == 0 && (kind != 2 || rule_of(key).concerns_objects))
        text += entry(key, kind == 2);
    if (kind == 2 && below(2) == 0)
      text += std::string{"only-in ="} + one_of({"prog", " /usr/bin/*", "other "}) + '\n';
    return text;
  }

  std::string entry(Key key, bool of_an_object) {
    return blanks() + key_name(key) + blanks() + '=' + blanks() + value(key, of_an_object) +
           blanks() + '\n';
  }

  std::string value(Key key, bool of_an_object) {
    if (key == Key::seal)
      return of_an_object ? one_of({"text  rodata", "none", "+data -text", "-relro", "gaps\tdata"})
                          : one_of({"all", "none", "+stack -vdso", "vdso", "-text  -data"});
    if (key == Key::report_to)
      return one_of({"journal", "stderr", "none", "file:/var/log/a b", "file:/x"});
    std::vector<std::string> words;
    std::uint8_t choice = 0;
    for (const char* word :
         {"enforce",     "audit", "off",   "auto", "private",      "in-place", "pin",
          "pinned-only", "skip",  "allow", "deny", "deny-inherit", "closed",   "ignore",
          "report",      "kill",  "leave", "seal", "probe",        "trust"})
      if (find_choice(key, make_word(word), choice))
        words.emplace_back(word);
    return words[below(static_cast<std::uint32_t>(words.size()))];
  }

  std::mt19937 random_;
};

std::vector<std::string> warnings(const std::string& sections) {
  std::vector<std::string> texts;
  for (const PolicyWarning& warning : useless_parts(outline(policy(sections))))
    texts.push_back(std::to_string(warning.place.line) + ':' +
                    std::to_string(warning.place.column));
  return texts;
}

} // namespace

TEST_CASE("an outline of the installed policies decides as the model does") {
  compare(source(GENERATE("policies/default.conf", "policies/strict.conf", "policies/observe.conf",
                          "policies/critical.conf", "policies/exceptions.conf")));
}

TEST_CASE("an outline decides as the model does, whatever the policy says") {
  Generator generator{1};
  for (int i = 0; i < 3000; ++i)
    compare(generator.policy());
}

TEST_CASE("an outline has the places of what it is about") {
  const std::vector<PolicySection> sections = outline(
      "sealwax-policy 1\n\n# [defaults]\n  [program a b]\n\tmode =\toff\nseal = +data  -text");
  REQUIRE(sections.size() == 1);
  const PolicySection& section = sections[0];
  CHECK(section.header() == "[program a b]");
  CHECK(section.place == Place{4, 3});
  CHECK(section.glob_place == Place{4, 12});
  REQUIRE(section.entries.size() == 2);
  CHECK(section.entries[0].place == Place{5, 2});
  CHECK(section.entries[0].value_place == Place{5, 9});
  CHECK(section.entries[1].place == Place{6, 1});
  CHECK(section.entries[1].value == "+data -text");
}

TEST_CASE("an outline of what is no policy goes as far as it goes") {
  CHECK(outline("").empty());
  CHECK(outline("[defaults]").empty());
  CHECK(outline("sealwax-policy 1\nmode = off\n[\n[]\n]\n[nothing]\n[program").empty());
  const std::vector<PolicySection> sections =
      outline("sealwax-policy 1\n[defaults]\n=\nmode\nx = y\nseal =\nmode = loud");
  REQUIRE(sections.size() == 1);
  CHECK(sections[0].entries.size() == 2);
  CHECK(decided_text(sections, {"/usr/bin/prog", {}, {}}).find("mode = enforce") !=
        std::string::npos);
}

TEST_CASE("a decision names the list that sets regions and those that amend it") {
  const std::vector<PolicySection> sections = outline(
      policy("[defaults]\nseal = -text\n[defaults]\nseal = data\n[program prog]\nseal = +text\n"));
  const std::vector<Decision> decisions =
      decide(sections, {"/usr/bin/prog", {}, {}}, Mode::enforce);
  const Decision& seal = decisions[1];
  REQUIRE(seal.key == Key::seal);
  CHECK_FALSE(seal.built_in_first);
  REQUIRE(seal.causes.size() == 2);
  CHECK(seal.causes[0].entry->place.line == 5);
  CHECK(seal.causes[1].entry->place.line == 7);
  const std::vector<Decision> others = decide(sections, {"/usr/bin/other", {}, {}}, Mode::enforce);
  CHECK(others[1].causes.size() == 1);
  CHECK(others[1].value == "data");
}

TEST_CASE("a glob covers another where it matches all that the other does") {
  for (const auto& [wide, narrow] :
       {std::pair{"*", "a*"}, std::pair{"a?[b]", "a?[b]"}, std::pair{"a*", "abc"},
        std::pair{"a*", "/x/abc"}, std::pair{"/x/*", "/x/y/z"}, std::pair{"*/b*", "bc"}}) {
    INFO(wide << ' ' << narrow);
    CHECK(covers(wide, narrow));
  }
  for (const auto& [wide, narrow] :
       {std::pair{"a*", "ab*"}, std::pair{"/x/abc", "abc"}, std::pair{"/x/*", "abc"},
        std::pair{"abc", "*"}, std::pair{"*/x/b", "b"}, std::pair{"a", "\\a"}}) {
    INFO(wide << ' ' << narrow);
    CHECK_FALSE(covers(wide, narrow));
  }
}

TEST_CASE("what covers says holds for paths") {
  constexpr const char* kGlobs[] = {"*",     "a",     "ab",     "a*",  "*b",      "/x/a",
                                    "/x/ab", "/x/*",  "*/a*",   "?b",  "[a]b",    "/x/[a]b",
                                    "*a*",   "/*/ab", "*/x/ab", "ab*", "/x/y/ab", "*x/ab"};
  constexpr const char* kPaths[] = {"/a", "/ab", "/x/a", "/x/ab", "/x/y/ab", "/xx/ab", "/ab/a"};
  for (const char* wide : kGlobs)
    for (const char* narrow : kGlobs)
      for (const char* path : kPaths)
        if (covers(wide, narrow) && glob_matches(narrow, path)) {
          INFO(wide << ' ' << narrow << ' ' << path);
          CHECK(glob_matches(wide, path));
        }
}

TEST_CASE("what is said to decide nothing can be left out") {
  Generator generator{2};
  std::size_t left_out = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string text = generator.policy();
    std::vector<PolicySection> sections = outline(text);
    const std::vector<PolicySection> whole = sections;
    const std::vector<PolicyWarning> found = useless_parts(sections);
    for (const PolicyWarning& warning : found) {
      ++left_out;
      for (PolicySection& section : sections) {
        if (section.place == warning.place)
          std::erase_if(section.entries,
                        [](const PolicyEntry& entry) { return entry.key != Key::only_in; });
        std::erase_if(section.entries, [&warning](const PolicyEntry& entry) {
          return entry.place == warning.place;
        });
      }
    }
    INFO(text);
    for (const char* program : kPrograms) {
      CHECK(decided_text(sections, {program, {}, {}}) == decided_text(whole, {program, {}, {}}));
      for (const Names& object : kObjects)
        CHECK(decided_text(sections, {program, object.name, object.path}) ==
              decided_text(whole, {program, object.name, object.path}));
    }
  }
  CHECK(left_out > 1000);
}

TEST_CASE("a section is useless where the later ones that hold with it say all that it says") {
  CHECK(warnings("[defaults]\nmode = off\n[defaults]\nmode = audit\n") ==
        std::vector<std::string>{"2:1"});
  CHECK(warnings("[defaults]\nmode = off\n[program a]\nmode = audit\n").empty());
  CHECK(warnings("[object a]\nmode = off\n[program a]\nmode = audit\n").empty());
  CHECK(warnings("[defaults]\nmode = off\nrelro = private\n[defaults]\nmode = audit\n") ==
        std::vector<std::string>{"3:1"});
}
