// The policies that come with Sealwax.
#include "policies.hpp"

#include <fstream>
#include <iterator>
#include <string>

using namespace sealwax;
using namespace sealwax::test;

namespace {

std::string file(const std::string& name) {
  std::ifstream in{std::string{SEALWAX_POLICIES} + '/' + name};
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

TEST_CASE("default.conf is the built-in default") {
  const Compiled compiled{file("default.conf")};
  CHECK(compiled->process() == Settings{});
  CHECK_FALSE(compiled->names_objects());
}

TEST_CASE("default.conf spells every key out") {
  const std::string text = file("default.conf");
  for (const char* key : {"mode", "seal", "relro", "dlopen", "exec-gain", "on-refused", "report-to",
                          "mapped-code", "environment", "seccomp"}) {
    INFO(key);
    CHECK(text.find(std::string{"\n"} + key + " = ") != std::string::npos);
  }
}

TEST_CASE("strict.conf seals all, and the environment has no say") {
  Settings strict;
  strict.seal = RegionSet::all();
  strict.environment = Environment::deny;
  const Compiled compiled{file("strict.conf")};
  CHECK(compiled->process() == strict);
  CHECK_FALSE(compiled->names_objects());
}
