// The policy that refused calls lead to.
#include "catch.hpp"
#include "cli/commands/learn/findings.hpp"
#include "model/policy.hpp"

#include <string>
#include <vector>

namespace sealwax::cli::learn {
namespace {

Finding finding(const char* program, const char* object, RegionSet regions) {
  Finding made;
  made.program = program;
  made.object = object;
  made.regions = regions;
  made.call = "mprotect";
  made.request = "r--";
  made.caller = Frame{true, "/lib/libcaller.so", 0x12, "freeze"};
  return made;
}

std::string policy_from(const Findings& findings, std::string_view base = {}) {
  return policy_with(base, exceptions_from(findings.all()));
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
  Findings findings;
  findings.add(finding("/p", "/o", {Region::data}));
  findings.add(finding("/p", "/o", {Region::data}));
  findings.add(finding("/q", "/o", {Region::data}));
  findings.add(finding("/p", "/o", {Region::relro}));
  Finding other = finding("/p", "/o", {Region::data});
  other.caller.offset = 0x13;
  findings.add(other);
  REQUIRE(findings.all().size() == 4);
  CHECK(findings.all()[0].count == 2);
  CHECK(findings.calls() == 5);
}

TEST_CASE("an exception holds for its object, its program and its region only") {
  Findings findings;
  findings.add(finding("/bin/p", "/lib/o", {Region::relro}));
  const std::string text = policy_from(findings);
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
  Findings findings;
  findings.add(finding("/bin/p", "/lib/o", {Region::relro}));
  findings.add(finding("/bin/q", "/lib/o", {Region::relro}));
  findings.add(finding("/bin/p", "/lib/o", {Region::text, Region::data}));
  const std::vector<Exception> sections = exceptions_from(findings.all());
  REQUIRE(sections.size() == 2);
  CHECK(sections[0].program == "/bin/p");
  CHECK(sections[0].open == RegionSet{Region::text, Region::relro, Region::data});
  CHECK(sections[0].reasons.size() == 2);
  CHECK(sections[1].program == "/bin/q");
}

TEST_CASE("regions of the process and new code are the program's own matter") {
  Findings findings;
  findings.add(finding("/bin/p", "[stack]", {Region::stack}));
  Finding gain = finding("/bin/p", "", {});
  gain.kind = Finding::Kind::exec_gain;
  gain.request = "r-x";
  findings.add(gain);
  CHECK(policy_from(findings) == "sealwax-policy 1\n"
                                 "\n"
                                 "# mprotect r-- of stack, by freeze (libcaller.so+0x12), once.\n"
                                 "# mprotect r-x, by freeze (libcaller.so+0x12), once.\n"
                                 "[program /bin/p]\n"
                                 "seal = -stack\n"
                                 "exec-gain = allow\n");
}

TEST_CASE("code that the program maps by itself is left to it") {
  Findings findings;
  Finding mapped = finding("/bin/p", "/lib/o", {Region::text});
  mapped.kind = Finding::Kind::mapped_code;
  findings.add(mapped);
  const std::string text =
      policy_from(findings, "sealwax-policy 1\n[defaults]\nmapped-code = seal");
  CHECK(settings(text, "/bin/p", "/lib/o").mapped_code == MappedCode::leave);
  CHECK(settings(text, "/bin/p", "/lib/o").seal == Settings{}.seal);
  CHECK(settings(text, "/bin/p", "/lib/other").mapped_code == MappedCode::seal);
}

TEST_CASE("what no policy opens is not excepted") {
  Findings findings;
  Finding own = finding("/bin/p", "/lib/libsealwax.so", {Region::text});
  own.kind = Finding::Kind::own;
  findings.add(own);
  Finding unknown = finding("/bin/p", "", {});
  unknown.kind = Finding::Kind::unknown;
  findings.add(unknown);
  CHECK(exceptions_from(findings.all()).empty());
}

TEST_CASE("exceptions come last, so that they win over the policy before them") {
  Findings findings;
  findings.add(finding("/bin/p", "/lib/o", {Region::data}));
  const std::string text =
      policy_from(findings, "sealwax-policy 1\n[defaults]\nseal = text data\n[object /lib/*]\n"
                            "seal = +relro # is a part of the value");
  CHECK(text.find("# is a part of the value\n\n# mprotect") != std::string::npos);
  const std::string valid = policy_from(
      findings, "sealwax-policy 1\n[defaults]\nseal = text data\n[object /lib/*]\nseal = +relro");
  CHECK(settings(valid, "/bin/p", "/lib/o").seal == RegionSet{Region::text, Region::relro});
  CHECK(settings(valid, "/bin/p", "/lib/a").seal ==
        RegionSet{Region::text, Region::relro, Region::data});
}

TEST_CASE("a path that looks like a glob matches itself alone") {
  const std::string path = "/a b/[x]*?\\d] ";
  Findings findings;
  findings.add(finding(path.c_str(), path.c_str(), {Region::text}));
  const std::string text = policy_from(findings);
  CHECK_FALSE(settings(text, path, path).seal.has(Region::text));
  CHECK(settings(text, path, "/a b/xyz\\d] ").seal.has(Region::text));
  CHECK(settings(text, "/a b/xyz\\d] ", path).seal.has(Region::text));
}

TEST_CASE("bytes that a policy cannot have stand for any byte") {
  Findings findings;
  findings.add(finding("/bin/p", "/a\n[defaults]\x7f", {Region::text}));
  const std::string text = policy_from(findings);
  CHECK_FALSE(settings(text, "/bin/p", "/a\n[defaults]\x7f").seal.has(Region::text));
}

TEST_CASE("no name is too long for a line") {
  const std::string path = "/" + std::string(2000, '*') + std::string(2000, '[') + "/the/end";
  Finding long_names = finding("/bin/p", path.c_str(), {Region::text});
  long_names.caller.function = std::string(10000, 'f');
  Findings findings;
  findings.add(long_names);
  const std::string text = policy_from(findings);
  CHECK_FALSE(settings(text, "/bin/p", path).seal.has(Region::text));
  CHECK(settings(text, "/bin/p", "/the/end").seal.has(Region::text));
}

TEST_CASE("a name from a symbol table cannot add a line to the policy") {
  Finding named = finding("/bin/p", "/lib/o", {Region::text});
  named.caller.function = "f\n[defaults]\nmode = off\n#";
  Findings findings;
  findings.add(named);
  CHECK(settings(policy_from(findings), "/bin/p", "/lib/a").mode == Mode::enforce);
}

} // namespace sealwax::cli::learn
