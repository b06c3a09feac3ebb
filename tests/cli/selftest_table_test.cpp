// SPDX-License-Identifier: Apache-2.0
// What a selftest makes of what its victims print.
#include "catch.hpp"
#include "cli/commands/selftest/selftest_table.hpp"

namespace sealwax::cli {
namespace {

Attempt attempt(std::string object, std::string region, std::string primitive, Way way = Way::raw) {
  return {std::move(object), std::move(region), std::move(primitive), way, Effect::open};
}

bool promised(const Settings& settings, const Attempt& tried) {
  return is_promised(settings, tried);
}

Trial trial(std::string name, const Settings& settings, std::vector<Attempt> cells,
            std::vector<Exploit> exploits = {}) {
  return {{std::move(name), "a policy", {{"", settings}}}, {std::move(cells), std::move(exploits)}};
}

Settings private_text() {
  Settings settings;
  settings.text = TextPlace::private_memory;
  return settings;
}

} // namespace

TEST_CASE("What a victim prints is understood to its end") {
  const auto found = parse_attempts("exploit\tvdso replaced\tlibc\topen\n"
                                    "cell\tprogram\ttext\tmremap away\traw\tharmless\n"
                                    "cell\tkernel\tvdso\tmunmap\tlibc\trefused\nend\n");
  REQUIRE(found);
  REQUIRE(found->cells.size() == 2);
  CHECK(found->cells[0].object == "program");
  CHECK(found->cells[0].region == "text");
  CHECK(found->cells[0].primitive == "mremap away");
  CHECK(found->cells[0].way == Way::raw);
  CHECK(found->cells[0].effect == Effect::harmless);
  CHECK(found->cells[1].effect == Effect::refused);
  REQUIRE(found->exploits.size() == 1);
  CHECK(found->exploits[0].name == "vdso replaced");
  CHECK(found->exploits[0].way == Way::libc);
  CHECK(found->exploits[0].effect == Effect::open);
}

TEST_CASE("What is cut off, or nobody's, is not understood") {
  for (const char* text :
       {"", "end", "cell\tprogram\ttext\tmunmap\traw\topen\n", "end\nend\n", "cell\tprogram\nend\n",
        "cell\tprogram\ttext\tmunmap\traw\tperhaps\nend\n", "\nend\n",
        "cell\tprogram\ttext\tmunmap\tsomehow\topen\nend\n", "exploit\tvdso\tlibc\nend\n"}) {
    INFO(text);
    CHECK_FALSE(parse_attempts(text));
  }
}

TEST_CASE("A seal promises protection and place") {
  const Settings settings;
  for (const char* region : {"text", "rodata", "relro", "gaps", "vdso"})
    for (const char* primitive : {"munmap", "mmap", "mprotect", "mremap away", "shmat", "brk"})
      CHECK(promised(settings, attempt("library", region, primitive)));
  CHECK_FALSE(promised(settings, attempt("own memory", "memory", "munmap")));
}

TEST_CASE("Advice on code is promised to be refused to libc's callers alone, in place") {
  const Settings settings;
  for (const char* advice : {"DONTFORK", "GUARD_INSTALL", "WIPEONFORK"}) {
    CHECK(promised(settings, attempt("library", "text", advice, Way::libc)));
    CHECK_FALSE(promised(settings, attempt("library", "text", advice, Way::raw)));
    CHECK_FALSE(promised(settings, attempt("kernel", "vdso", advice, Way::libc)));
    CHECK(promised(private_text(), attempt("library", "text", advice, Way::raw)));
    CHECK(promised(private_text(), attempt("kernel", "vdso", advice, Way::raw)));
  }
  CHECK_FALSE(promised(settings, attempt("library", "text", "process_madvise", Way::libc)));
  CHECK(promised(settings, attempt("library", "text", "DONTNEED")));
}

TEST_CASE("RELRO keeps its contents in private memory") {
  Settings settings;
  CHECK(promised(settings, attempt("library", "relro", "DONTNEED")));
  CHECK(promised(settings, attempt("library", "relro", "DONTFORK")));
  settings.relro = RelroPlace::in_place;
  CHECK_FALSE(promised(settings, attempt("library", "relro", "DONTNEED")));
  CHECK(promised(settings, attempt("library", "relro", "mprotect")));
  CHECK(reason_of(settings, attempt("library", "relro", "DONTNEED")).closed_by ==
        "relro = private");
}

TEST_CASE("A library in shared memory is moved unless the policy keeps it in place") {
  Settings settings;
  const std::string shared = "library in shared memory";
  CHECK(promised(settings, attempt(shared, "text", "userfaultfd copy")));
  CHECK(promised(settings, attempt(shared, "rodata", "writing the file")));
  CHECK_FALSE(promised(settings, attempt("library", "text", "writing the file")));
  settings.text = TextPlace::in_place;
  CHECK_FALSE(promised(settings, attempt(shared, "text", "userfaultfd copy")));
  CHECK(reason_of(settings, attempt(shared, "text", "userfaultfd copy")).closed_by ==
        "text = auto");
}

TEST_CASE("Where new code is denied, what is loaded late stays in place") {
  Settings settings = private_text();
  settings.exec_gain = ExecGain::deny;
  CHECK_FALSE(promised(settings, attempt("late library", "text", "DONTFORK")));
  CHECK(promised(settings, attempt("library", "text", "DONTFORK")));
}

TEST_CASE("Nothing is promised of what the policy leaves") {
  Settings settings;
  settings.seal = {Region::rodata};
  CHECK_FALSE(promised(settings, attempt("library", "text", "munmap")));
  CHECK(reason_of(settings, attempt("library", "text", "munmap")).closed_by == "seal = +text");
  settings = {};
  settings.mode = Mode::audit;
  CHECK_FALSE(promised(settings, attempt("library", "text", "munmap")));
  CHECK(reason_of(settings, attempt("library", "text", "munmap")).closed_by == "mode = enforce");
  settings = {};
  settings.late_loads = LateLoads::skip;
  CHECK(promised(settings, attempt("library", "text", "munmap")));
  CHECK_FALSE(promised(settings, attempt("late library", "text", "munmap")));
  CHECK(reason_of(settings, attempt("late library", "text", "munmap")).closed_by ==
        "dlopen = seal");
}

TEST_CASE("Fresh memory is promised by exec-gain alone") {
  Settings settings;
  const Attempt fresh = attempt_behind({"fresh memory made executable", Way::raw, Effect::open});
  CHECK_FALSE(promised(settings, fresh));
  CHECK(reason_of(settings, fresh).closed_by == "exec-gain = deny");
  settings.exec_gain = ExecGain::deny;
  CHECK(promised(settings, fresh));
}

TEST_CASE("What is open is told once for each reason") {
  const auto found = open_cells({
      {{"without", std::nullopt, {}}, {{attempt("program", "text", "munmap")}, {}}},
      trial("with", {},
            {attempt("program", "text", "DONTFORK"), attempt("library", "rodata", "GUARD_INSTALL"),
             attempt("own memory", "memory", "munmap")},
            {{"fresh memory made executable", Way::libc, Effect::open}}),
      trial("too", {}, {attempt("program", "text", "DONTFORK")}),
  });
  REQUIRE(found.size() == 2);
  CHECK(found[0].setups == std::vector<std::string>{"with", "too"});
  CHECK(found[0].primitives == std::vector<std::string>{"DONTFORK", "GUARD_INSTALL"});
  CHECK(found[0].regions == std::vector<std::string>{"text", "rodata"});
  CHECK(found[0].only_raw);
  CHECK(found[1].reason.closed_by == "exec-gain = deny");
}

TEST_CASE("A promise that is not kept is named") {
  Attempt refused = attempt("program", "text", "mmap");
  refused.effect = Effect::refused;
  const Judgement verdict = verdict_on({trial(
      "with", {},
      {attempt("program", "text", "munmap"), refused, attempt("program", "text", "DONTFORK")},
      {{"vdso replaced by mremap", Way::libc, Effect::open}})});
  CHECK(verdict.promised == 3);
  CHECK(verdict.broken ==
        std::vector<std::string>{"with: vdso replaced by mremap (libc) is open",
                                 "with: munmap on text of the program (raw) is open"});
}

TEST_CASE("Settings are those of the object") {
  Setup setup{"with", "a policy", {{"", {}}, {"late library", private_text()}}};
  CHECK(setup.of("late library").text == TextPlace::private_memory);
  CHECK(setup.of("program").text == TextPlace::automatic);
}

TEST_CASE("Attempts that fail without the library show nothing") {
  Attempts bare{{attempt("program", "text", "munmap")},
                {{"vdso replaced", Way::raw, Effect::open}}};
  CHECK(shows_anything(bare));
  bare.exploits[0].effect = Effect::refused;
  CHECK_FALSE(shows_anything(bare));
  bare.exploits = {{"shared memory filled by userfaultfd", Way::raw, Effect::refused}};
  CHECK(shows_anything(bare));
  bare.cells[0].effect = Effect::refused;
  CHECK_FALSE(shows_anything(bare));
}

} // namespace sealwax::cli
