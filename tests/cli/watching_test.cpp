// SPDX-License-Identifier: Apache-2.0
// The policy under which a service is watched.
#include "catch.hpp"
#include "cli/commands/learn/watching.hpp"

namespace sealwax::cli::learn {

constexpr const char* kHead = "sealwax-policy 1\n\n[defaults]\nmode = audit\nreport-to = journal\n";

TEST_CASE("without a policy the default's seals are watched") {
  CHECK(watching("") == kHead);
}

TEST_CASE("what is enforced is watched, and what is off stays off") {
  CHECK(watching("sealwax-policy 1\n[defaults]\n \tmode=enforce \n[program rr]\nmode = off\n"
                 "[object x.so]\nmode = audit\nseal = -text\n") ==
        std::string{kHead} + "[defaults]\nmode = audit\n[program rr]\nmode = off\n"
                             "[object x.so]\nmode = audit\nseal = -text\n");
}

TEST_CASE("reports go where they are read") {
  CHECK(watching("sealwax-policy 1\n[defaults]\nreport-to = none\n") ==
        std::string{kHead} + "[defaults]\nreport-to = journal\n");
}

TEST_CASE("comments and a last line without an end stay") {
  CHECK(watching("sealwax-policy 1\n# mode = enforce\n[defaults]\nmode = enforce") ==
        std::string{kHead} + "# mode = enforce\n[defaults]\nmode = audit\n");
}

} // namespace sealwax::cli::learn
