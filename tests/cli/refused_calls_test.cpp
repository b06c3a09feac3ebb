// SPDX-License-Identifier: Apache-2.0
// The policy that refused calls lead to.
#include "catch.hpp"
#include "cli/exceptions/refused_calls.hpp"
#include "model/policy/policy.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace sealwax::cli {
namespace {

RefusedCall refused(const char* program, const char* object, RegionSet regions) {
  RefusedCall made;
  made.program = program;
  made.object = object;
  made.regions = regions;
  made.call = "mprotect";
  made.request = "r--";
  made.caller = Frame{true, "/lib/libcaller.so", 0x12, "freeze"};
  return made;
}

std::string policy_from(const RefusedCalls& refused_calls, std::string_view base = {}) {
  return policy_with(base, exceptions_from(refused_calls.all()));
}

/// Of an object in a program under a policy's text.
Settings settings(const std::string& text, std::string_view program, std::string_view object) {
  static std::vector<char> storage;
  storage.assign(ProgramPolicy::storage_bound(text.size()), '\0');
  const Result<ProgramPolicy, PolicyError> policy =
      ProgramPolicy::compile(text, program, Slice<char>{storage.data(), storage.size()});
  INFO(text);
  REQUIRE(bool{policy});
  return policy->object(object, object);
}

} // namespace

TEST_CASE("equal calls are counted, and told apart by every detail") {
  RefusedCalls refused_calls;
  refused_calls.add(refused("/p", "/o", {Region::data}));
  refused_calls.add(refused("/p", "/o", {Region::data}));
  refused_calls.add(refused("/q", "/o", {Region::data}));
  refused_calls.add(refused("/p", "/o", {Region::relro}));
  RefusedCall other = refused("/p", "/o", {Region::data});
  other.caller.offset = 0x13;
  refused_calls.add(other);
  REQUIRE(refused_calls.all().size() == 4);
  CHECK(refused_calls.all()[0].count == 2);
  CHECK(refused_calls.calls() == 5);
}

TEST_CASE("an exception holds for its object, its program and its region only") {
  RefusedCalls refused_calls;
  refused_calls.add(refused("/bin/p", "/lib/o", {Region::relro}));
  const std::string text = policy_from(refused_calls);
  CHECK(text == "sealwax-policy 1\n"
                "\n"
                "# mprotect r-- of relro, by freeze (libcaller.so+0x12), once.\n"
                "[object /lib/o]\n"
                "only-in = /bin/p\n"
                "seal = -relro\n");
  const RegionSet usual = Settings{}.seal;
  CHECK(settings(text, "/bin/p", "/lib/o").seal == usual.without({Region::relro}));
  CHECK(settings(text, "/bin/p", "/lib/other").seal == usual);
  CHECK(settings(text, "/bin/other", "/lib/o").seal == usual);
}

TEST_CASE("an object that is hit in several ways gets one section for each program") {
  RefusedCalls refused_calls;
  refused_calls.add(refused("/bin/p", "/lib/o", {Region::relro}));
  refused_calls.add(refused("/bin/q", "/lib/o", {Region::relro}));
  refused_calls.add(refused("/bin/p", "/lib/o", {Region::text, Region::data}));
  const std::vector<Exception> sections = exceptions_from(refused_calls.all());
  REQUIRE(sections.size() == 2);
  CHECK(sections[0].program == "/bin/p");
  CHECK(sections[0].open == RegionSet{Region::text, Region::relro, Region::data});
  CHECK(sections[0].reasons.size() == 2);
  CHECK(sections[1].program == "/bin/q");
}

TEST_CASE("regions of the process and new code are the program's own matter") {
  RefusedCalls refused_calls;
  refused_calls.add(refused("/bin/p", "[stack]", {Region::stack}));
  RefusedCall gain = refused("/bin/p", "", {});
  gain.kind = RefusedCall::Kind::exec_gain;
  gain.request = "r-x";
  refused_calls.add(gain);
  CHECK(policy_from(refused_calls) ==
        "sealwax-policy 1\n"
        "\n"
        "# mprotect r-- of stack, by freeze (libcaller.so+0x12), once.\n"
        "# mprotect r-x, by freeze (libcaller.so+0x12), once.\n"
        "[program /bin/p]\n"
        "seal = -stack\n"
        "exec-gain = allow\n");
}

TEST_CASE("code that the program maps by itself is left to it") {
  RefusedCalls refused_calls;
  RefusedCall mapped = refused("/bin/p", "/lib/o", {Region::text});
  mapped.kind = RefusedCall::Kind::mapped_code;
  refused_calls.add(mapped);
  const std::string text =
      policy_from(refused_calls, "sealwax-policy 1\n[defaults]\nmapped-code = seal");
  CHECK(settings(text, "/bin/p", "/lib/o").mapped_code == MappedCode::leave);
  CHECK(settings(text, "/bin/p", "/lib/o").seal == Settings{}.seal);
  CHECK(settings(text, "/bin/p", "/lib/other").mapped_code == MappedCode::seal);
}

TEST_CASE("what no policy opens is not excepted") {
  RefusedCalls refused_calls;
  RefusedCall own = refused("/bin/p", "/lib/libsealwax.so", {Region::text});
  own.kind = RefusedCall::Kind::own;
  refused_calls.add(own);
  RefusedCall unknown = refused("/bin/p", "", {});
  unknown.kind = RefusedCall::Kind::unknown;
  refused_calls.add(unknown);
  CHECK(exceptions_from(refused_calls.all()).empty());
}

TEST_CASE("exceptions come last, so that they win over the policy before them") {
  RefusedCalls refused_calls;
  refused_calls.add(refused("/bin/p", "/lib/o", {Region::data}));
  const std::string text =
      policy_from(refused_calls, "sealwax-policy 1\n[defaults]\nseal = text data\n[object /lib/*]\n"
                                 "seal = +relro # is a part of the value");
  CHECK(text.find("# is a part of the value\n\n# mprotect") != std::string::npos);
  const std::string valid =
      policy_from(refused_calls,
                  "sealwax-policy 1\n[defaults]\nseal = text data\n[object /lib/*]\nseal = +relro");
  CHECK(settings(valid, "/bin/p", "/lib/o").seal == RegionSet{Region::text, Region::relro});
  CHECK(settings(valid, "/bin/p", "/lib/a").seal ==
        RegionSet{Region::text, Region::relro, Region::data});
}

TEST_CASE("a path that looks like a glob matches itself alone") {
  const std::string path = "/a b/[x]*?\\d] ";
  RefusedCalls refused_calls;
  refused_calls.add(refused(path.c_str(), path.c_str(), {Region::text}));
  const std::string text = policy_from(refused_calls);
  CHECK_FALSE(settings(text, path, path).seal.has(Region::text));
  CHECK(settings(text, path, "/a b/xyz\\d] ").seal.has(Region::text));
  CHECK(settings(text, "/a b/xyz\\d] ", path).seal.has(Region::text));
}

TEST_CASE("bytes that a policy cannot have stand for any byte") {
  RefusedCalls refused_calls;
  refused_calls.add(refused("/bin/p", "/a\n[defaults]\x7f", {Region::text}));
  const std::string text = policy_from(refused_calls);
  CHECK_FALSE(settings(text, "/bin/p", "/a\n[defaults]\x7f").seal.has(Region::text));
}

TEST_CASE("no name is too long for a line") {
  const std::string path = "/" + std::string(2000, '*') + std::string(2000, '[') + "/the/end";
  RefusedCall long_names = refused("/bin/p", path.c_str(), {Region::text});
  long_names.caller.function = std::string(10000, 'f');
  RefusedCalls refused_calls;
  refused_calls.add(long_names);
  const std::string text = policy_from(refused_calls);
  CHECK_FALSE(settings(text, "/bin/p", path).seal.has(Region::text));
  CHECK(settings(text, "/bin/p", "/the/end").seal.has(Region::text));
}

TEST_CASE("nothing that a program says of itself can add a line to the policy") {
  const std::string lines = "f\n[defaults]\nmode = off\n#\x1b[2J\x7f";
  RefusedCall named = refused("/bin/p", "/lib/o", {Region::text});
  SECTION("a name from a symbol table") {
    named.caller.function = lines;
  }
  SECTION("an object's name") {
    named.caller.object = lines;
  }
  SECTION("a call's name") {
    named.call = lines;
  }
  SECTION("what is requested") {
    named.request = lines;
  }
  SECTION("where and when") {
    named.evidence = lines;
  }
  RefusedCalls refused_calls;
  refused_calls.add(named);
  const std::string text = policy_from(refused_calls);
  CHECK(settings(text, "/bin/p", "/lib/a").mode == Mode::enforce);
  CHECK(std::count(text.begin(), text.end(), '\n') == 6);
}

} // namespace sealwax::cli
