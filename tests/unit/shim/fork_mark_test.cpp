// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "shim/state/fork_mark.hpp"

#include <sys/wait.h>

#include <unistd.h>

using namespace sealwax;
using namespace sealwax::shim;

namespace {

/// What `question()` answers in a forked child.
template <typename Question>
bool in_a_child(Question question) {
  const pid_t child = fork();
  if (child == 0)
    _exit(question() ? 1 : 0);
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status) == 1;
}

PageSize page() {
  return PageSize{static_cast<std::size_t>(getpagesize())};
}

} // namespace

TEST_CASE("a forked child sees that it is one, its parent that it is none") {
  Kernel kernel;
  kernel.allow(CallSet::all());
  ForkMark mark;
  CHECK(mark.in_forked_child()); // nobody knows yet
  mark.set(kernel, page(), 0);
  CHECK_FALSE(mark.in_forked_child());
  CHECK(in_a_child([&] { return mark.in_forked_child(); }));
  CHECK_FALSE(mark.in_forked_child());
}

TEST_CASE("the page that somebody has to spare is taken") {
  Kernel kernel;
  kernel.allow(CallSet::all());
  const Address spare = Kernel::map_pages(page().bytes(), false).address();
  ForkMark mark;
  mark.set(kernel, page(), spare);
  CHECK_FALSE(mark.in_forked_child());
  REQUIRE(mark.list_holder() != nullptr);
  CHECK(page().down(reinterpret_cast<Address>(mark.list_holder())) == spare);
}

TEST_CASE("where the kernel promises nothing everybody counts as a child") {
  Kernel kernel;
  ForkMark mark;
  mark.set(kernel, page(), 0);
  CHECK(mark.in_forked_child());
  CHECK(mark.list_holder() == nullptr);
}

TEST_CASE("a child finds the list's lock free, whoever held it") {
  Kernel kernel;
  kernel.allow(CallSet::all());
  ForkMark mark;
  mark.set(kernel, page(), 0);
  REQUIRE(mark.list_holder() != nullptr);
  mark.list_holder()->thread = 1;
  CHECK(in_a_child([&] { return mark.list_holder()->thread == 0; }));
  CHECK(mark.list_holder()->thread == 1);
}
