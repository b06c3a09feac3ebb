// SPDX-License-Identifier: Apache-2.0
// The policies that come with Sealwax.
#include "model/policy/policy_keys.hpp"
#include "policies.hpp"
#include "sources.hpp"
#include "words.hpp"

#include <string>

using namespace sealwax;
using namespace sealwax::test;

namespace {

std::string file(const std::string& name) {
  return source("policies/" + name);
}

/// What stands below the first line.
std::string sections_of(const std::string& name) {
  const std::string text = file(name);
  return text.substr(text.find('\n') + 1);
}

} // namespace

TEST_CASE("default.conf is the built-in default") {
  const Compiled compiled{file("default.conf")};
  CHECK(compiled->process() == Settings{});
  CHECK_FALSE(compiled->names_objects());
}

TEST_CASE("default.conf spells every key out") {
  const std::string text = file("default.conf");
  for (const KeyRule& rule : kKeyRules) {
    if (rule.key == Key::only_in) // it is of sections for objects, and has no default
      continue;
    INFO(text_of(rule.name));
    CHECK(text.find("\n" + text_of(rule.name) + " = ") != std::string::npos);
  }
}

TEST_CASE("strict.conf seals all, denies new code, kills, and the environment has no say") {
  Settings strict;
  strict.seal = RegionSet::all();
  strict.exec_gain = ExecGain::deny;
  strict.on_refused = OnRefused::kill;
  strict.environment = Environment::deny;
  const Compiled compiled{file("strict.conf")};
  CHECK(compiled->process() == strict);
  CHECK_FALSE(compiled->names_objects());
}

TEST_CASE("observe.conf watches what the built-in default seals, and for new code") {
  Settings observe;
  observe.mode = Mode::audit;
  observe.exec_gain = ExecGain::deny;
  const Compiled compiled{file("observe.conf")};
  CHECK(compiled->process() == observe);
  CHECK_FALSE(compiled->names_objects());
}

TEST_CASE("critical.conf moves the text of what guards a machine, and is the default for others") {
  const std::string text = file("critical.conf");
  Settings expected;
  expected.environment = Environment::deny;
  CHECK(Compiled(text, "/usr/bin/ls")->process() == expected);
  expected.text = TextPlace::private_memory;
  for (const char* program :
       {"/usr/bin/su", "/usr/bin/sudo", "/usr/bin/pkexec", "/usr/bin/newgrp", "/usr/bin/login",
        "/usr/sbin/sshd", "/usr/lib/openssh/sshd-session", "/usr/sbin/unix_chkpwd",
        "/usr/bin/passwd", "/usr/bin/chage", "/usr/bin/chfn", "/usr/bin/chsh", "/usr/bin/gpasswd",
        "/usr/lib/polkit-1/polkitd", "/usr/lib/polkit-1/polkit-agent-helper-1"}) {
    INFO(program);
    CHECK(Compiled(text, program)->process() == expected);
  }
}

TEST_CASE("exceptions.conf can be put behind any policy, and other programs do not feel it") {
  const std::string exceptions = sections_of("exceptions.conf");
  for (const char* name : {"default.conf", "strict.conf", "observe.conf", "critical.conf"}) {
    INFO(name);
    const Compiled alone{file(name), "/usr/bin/other"};
    const Compiled both{file(name) + exceptions, "/usr/bin/other"};
    CHECK(both->process() == alone->process());
    CHECK(both->object("/lib/libc.so.6", "/usr/lib/libc.so.6") == alone->process());
  }
}

TEST_CASE("each exception takes from strict.conf what it says") {
  const std::string text = file("strict.conf") + sections_of("exceptions.conf");
  const auto without = [](RegionSet regions) { return RegionSet::all().without(regions); };
  const auto seal_in = [&](const char* program) { return Compiled(text, program)->process().seal; };
  const auto seal_of = [&](const char* program) {
    const Compiled compiled{text, program};
    CHECK(compiled->object("/usr/lib/libother.so", "/usr/lib/libother.so").seal ==
          compiled->process().seal);
    return compiled->object(program, program).seal;
  };
  CHECK(Compiled(text)->object("/opt/libhardened_malloc-light.so", "").seal ==
        without({Region::data}));
  CHECK(seal_of("/usr/lib/chromium/chromium") == without({Region::data}));
  CHECK(Compiled(text, "/usr/lib/chromium/chromium")->process().relro == RelroPlace::in_place);
  CHECK(seal_of("/usr/bin/node") == without({Region::data, Region::text}));
  CHECK(seal_of("/usr/sbin/mariadbd") == without({Region::data}));
  CHECK(seal_of("/usr/bin/php8.2") == without({Region::text}));
  CHECK(seal_of("/usr/sbin/php-fpm8.4") == without({Region::text}));
  // What changes itself is open, and all else that its program has loaded is sealed.
  for (const char* program : {"/usr/bin/php8.2", "/usr/bin/node", "/usr/sbin/mariadbd"})
    CHECK(seal_in(program) == RegionSet::all());
  CHECK(seal_of("/usr/lib/gcl-2.6.14/unixport/saved_gcl") == without({Region::data}));
  CHECK(seal_of("/usr/local/bin/program-to-trace") == without({Region::relro}));
  CHECK(seal_of("/usr/local/bin/program-built-with-xray") == without({Region::text}));
  CHECK(seal_in("/usr/sbin/criu") == without({Region::vdso}));
  CHECK(seal_in("/usr/bin/linux.uml") == without({Region::vdso}));
  CHECK(seal_in("/usr/bin/runsc") == without({Region::vdso}));
  const Compiled ghc{text, "/usr/lib/ghc/bin/ghc"};
  CHECK(ghc->process().seal == without({Region::stack}));
  CHECK(ghc->object("/lib64/ld-linux-x86-64.so.2", "").seal ==
        without({Region::stack, Region::relro}));
  CHECK(ghc->object("/lib/ld-linux-aarch64.so.1", "").seal ==
        without({Region::stack, Region::relro}));
  CHECK(ghc->object("/lib/x86_64-linux-gnu/libc.so.6", "").seal == ghc->process().seal);
}

TEST_CASE("each program that compiles as it runs may") {
  const std::string text = file("strict.conf") + sections_of("exceptions.conf");
  for (const char* program :
       {"/usr/bin/node", "/usr/lib/jvm/java-17-openjdk-amd64/bin/java", "/usr/bin/luajit",
        "/usr/bin/pypy3.9", "/usr/lib/x86_64-linux-gnu/guile/3.0/bin/guile", "/usr/bin/php8.2",
        "/usr/bin/qemu-system-x86_64", "/usr/lib/postgresql/15/bin/postgres", "/usr/bin/git",
        "/usr/lib/firefox-esr/firefox-esr", "/usr/lib/chromium/chromium", "/usr/bin/sbcl",
        "/usr/bin/mono-sgen", "/usr/lib/R/bin/exec/R", "/usr/sbin/php-fpm8.2"}) {
    INFO(program);
    CHECK(Compiled(text, program)->process().exec_gain == ExecGain::allow);
  }
}
