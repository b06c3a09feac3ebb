// SPDX-License-Identifier: Apache-2.0
#include "policies.hpp"

#include <cstring>
#include <string>

using namespace sealwax;
using namespace sealwax::test;

namespace {

const RegionSet kBuiltIn = {Region::text, Region::rodata, Region::relro, Region::gaps,
                            Region::vdso};

RegionSet seal_after(const std::string& sections) {
  return process(sections).seal;
}

void report_to(Settings& settings, ReportTo place, std::string_view file = {}) {
  settings.report_to = place;
  settings.report_file = file;
}

} // namespace

TEST_CASE("without a policy the built-in default holds") {
  constexpr ProgramPolicy policy;
  CHECK(policy.process() == Settings{});
  CHECK(policy.object("/lib/libc.so.6", "/usr/lib/libc.so.6") == Settings{});
  CHECK_FALSE(policy.names_objects());
  CHECK(policy.storage_used() == 0);
}

TEST_CASE("a policy that says nothing is the built-in default") {
  for (const char* text :
       {"sealwax-policy 1", "sealwax-policy 1\n", "sealwax-policy 1 \t\n",
        "sealwax-policy \t 1\n\n# nothing\n", "sealwax-policy 1\n[defaults]\n",
        "sealwax-policy 1\n[program *]\n[object *]\n[object x]\nonly-in = y\n"}) {
    const Compiled compiled{text};
    CHECK(compiled->process() == Settings{});
    CHECK_FALSE(compiled->names_objects());
    CHECK(compiled->storage_used() == 0);
  }
}

TEST_CASE("each key and value sets its setting and nothing else") {
  struct Case {
    const char* line;
    void (*set)(Settings&);
  };
  const Case cases[] = {
      {"mode = enforce", [](Settings& settings) { settings.mode = Mode::enforce; }},
      {"mode = audit", [](Settings& settings) { settings.mode = Mode::audit; }},
      {"mode = off", [](Settings& settings) { settings.mode = Mode::off; }},
      {"relro = private", [](Settings& settings) { settings.relro = RelroPlace::private_memory; }},
      {"relro = in-place", [](Settings& settings) { settings.relro = RelroPlace::in_place; }},
      {"text = auto", [](Settings& settings) { settings.text = TextPlace::automatic; }},
      {"text = in-place", [](Settings& settings) { settings.text = TextPlace::in_place; }},
      {"text = private", [](Settings& settings) { settings.text = TextPlace::private_memory; }},
      {"dlopen = seal", [](Settings& settings) { settings.late_loads = LateLoads::seal; }},
      {"dlopen = pin", [](Settings& settings) { settings.late_loads = LateLoads::pin; }},
      {"dlopen = pinned-only",
       [](Settings& settings) { settings.late_loads = LateLoads::pinned_only; }},
      {"dlopen = skip", [](Settings& settings) { settings.late_loads = LateLoads::skip; }},
      {"exec-gain = allow", [](Settings& settings) { settings.exec_gain = ExecGain::allow; }},
      {"exec-gain = deny", [](Settings& settings) { settings.exec_gain = ExecGain::deny; }},
      {"exec-gain = deny-inherit",
       [](Settings& settings) { settings.exec_gain = ExecGain::deny_inherit; }},
      {"exec-gain = closed", [](Settings& settings) { settings.exec_gain = ExecGain::closed; }},
      {"on-refused = report", [](Settings& settings) { settings.on_refused = OnRefused::report; }},
      {"on-refused = kill", [](Settings& settings) { settings.on_refused = OnRefused::kill; }},
      {"on-refused = ignore", [](Settings& settings) { settings.on_refused = OnRefused::ignore; }},
      {"report-to = journal", [](Settings& settings) { report_to(settings, ReportTo::journal); }},
      {"report-to = stderr",
       [](Settings& settings) { report_to(settings, ReportTo::standard_error); }},
      {"report-to = file:/var/log/a b",
       [](Settings& settings) { report_to(settings, ReportTo::file, "/var/log/a b"); }},
      {"report-to = none", [](Settings& settings) { report_to(settings, ReportTo::none); }},
      {"mapped-code = seal", [](Settings& settings) { settings.mapped_code = MappedCode::seal; }},
      {"mapped-code = leave", [](Settings& settings) { settings.mapped_code = MappedCode::leave; }},
      {"environment = allow",
       [](Settings& settings) { settings.environment = Environment::allow; }},
      {"environment = deny", [](Settings& settings) { settings.environment = Environment::deny; }},
      {"seccomp = probe", [](Settings& settings) { settings.seccomp = InheritedFilter::probe; }},
      {"seccomp = trust", [](Settings& settings) { settings.seccomp = InheritedFilter::trust; }},
      {"seccomp = skip", [](Settings& settings) { settings.seccomp = InheritedFilter::skip; }},
      {"seal = text", [](Settings& settings) { settings.seal = RegionSet{Region::text}; }},
      {"seal = rodata", [](Settings& settings) { settings.seal = RegionSet{Region::rodata}; }},
      {"seal = relro", [](Settings& settings) { settings.seal = RegionSet{Region::relro}; }},
      {"seal = gaps", [](Settings& settings) { settings.seal = RegionSet{Region::gaps}; }},
      {"seal = data", [](Settings& settings) { settings.seal = RegionSet{Region::data}; }},
      {"seal = vdso", [](Settings& settings) { settings.seal = RegionSet{Region::vdso}; }},
      {"seal = stack", [](Settings& settings) { settings.seal = RegionSet{Region::stack}; }},
      {"seal = all", [](Settings& settings) { settings.seal = RegionSet::all(); }},
      {"seal = none", [](Settings& settings) { settings.seal = RegionSet{}; }},
  };
  const std::string others = "[defaults]\nmode = off\nrelro = in-place\ndlopen = skip\n"
                             "exec-gain = deny\non-refused = kill\nreport-to = file:/x\n"
                             "mapped-code = seal\nenvironment = deny\nseccomp = skip\n"
                             "seal = none\n";
  for (const Case& one : cases) {
    INFO(one.line);
    const std::string section = std::string{"[defaults]\n"} + one.line + '\n';
    Settings expected;
    one.set(expected);
    const Compiled alone{policy(section)};
    CHECK(alone->process() == expected);
    // From other values, so that a line that names the built-in one has something to do.
    const Compiled before{policy(others)};
    expected = before->process();
    one.set(expected);
    const Compiled after{policy(others + section)};
    CHECK(after->process() == expected);
  }
}

TEST_CASE("the last section that says where reports go wins, with its file or without one") {
  const Compiled two{policy("[defaults]\nreport-to = file:/a\n[program prog]\nmode = off\n"
                            "report-to = file:/b c\n[object x]\nmode = off\n")};
  CHECK(two->process().report_to == ReportTo::file);
  CHECK(two->process().report_file == "/b c");
  CHECK(two->object("x", "x").report_file == "/b c");
  const Compiled none{policy("[defaults]\nreport-to = file:/a\n[defaults]\nreport-to = stderr\n")};
  CHECK(none->process().report_to == ReportTo::standard_error);
  CHECK(none->process().report_file.empty());
}

TEST_CASE("blanks around words do not matter, nor a missing line feed at the end") {
  CHECK(process("  [defaults]\t\n\t mode\t=  off \t\n").mode == Mode::off);
  CHECK(process("[defaults]\nmode=off").mode == Mode::off);
  CHECK(seal_after("[defaults]\nseal=  text\t  data ") == RegionSet{Region::text, Region::data});
}

TEST_CASE("a line that begins with # says nothing") {
  CHECK(process("#mode\n[defaults]\n  # mode = off\n\t#[program *]\nmode = off\n#\n").mode ==
        Mode::off);
}

TEST_CASE("program sections hold for the programs that they match") {
  const std::string sections = "[program /usr/bin/*]\nmode = off\n";
  CHECK(process(sections, "/usr/bin/prog").mode == Mode::off);
  CHECK(process(sections, "/opt/prog").mode == Mode::enforce);
  CHECK(process("[program prog]\nmode = off\n", "/opt/a/prog").mode == Mode::off);
  CHECK(process("[program *]\nmode = off\n", "").mode == Mode::off);
}

TEST_CASE("a section of another program leaves nothing behind") {
  const Compiled compiled{policy("[program other]\nmode = off\n"
                                 "[object libx.so]\nonly-in = other\nmode = off\n")};
  CHECK(compiled->storage_used() == 0);
  CHECK_FALSE(compiled->names_objects());
  CHECK(compiled->object("libx.so", "libx.so") == Settings{});
}

TEST_CASE("the last section that matches and sets a key wins, whatever its kind") {
  CHECK(process("[defaults]\nmode = off\n[program prog]\nmode = enforce\n").mode == Mode::enforce);
  CHECK(process("[program prog]\nmode = enforce\n[defaults]\nmode = off\n").mode == Mode::off);
  CHECK(process("[program prog]\nmode = off\n[program p*]\nmode = enforce\n").mode ==
        Mode::enforce);
  CHECK(process("[defaults]\nmode = off\n[defaults]\nrelro = in-place\n").mode == Mode::off);
}

TEST_CASE("object sections are for objects, and the rest of the file is too") {
  const Compiled compiled{policy("[defaults]\nmode = off\n"
                                 "[object libx.so]\nmode = enforce\nrelro = in-place\n"
                                 "[program prog]\ndlopen = skip\n")};
  CHECK(compiled->names_objects());
  CHECK(compiled->process().mode == Mode::off);
  CHECK(compiled->process().relro == RelroPlace::private_memory);
  const Settings x = compiled->object("/lib/libx.so", "");
  CHECK(x.mode == Mode::enforce);
  CHECK(x.relro == RelroPlace::in_place);
  CHECK(x.late_loads == LateLoads::skip);
  CHECK(compiled->object("/lib/liby.so", "/lib/liby.so") == compiled->process());
}

TEST_CASE("object sections take their turn among the others") {
  const Compiled compiled{policy("[object libx.so]\nmode = off\n"
                                 "[program prog]\nmode = enforce\n"
                                 "[object libx*]\nrelro = in-place\n"
                                 "[defaults]\nrelro = private\n"
                                 "[object lib*]\ndlopen = skip\n")};
  const Settings x = compiled->object("libx.so", "libx.so");
  CHECK(x.mode == Mode::enforce);
  CHECK(x.relro == RelroPlace::private_memory);
  CHECK(x.late_loads == LateLoads::skip);
}

TEST_CASE("an object matches by the loader's name or by the kernel's path") {
  const Compiled compiled{policy("[object /usr/lib/*]\nmode = off\n")};
  CHECK(compiled->object("/lib/libx.so", "/usr/lib/libx.so.1.2").mode == Mode::off);
  CHECK(compiled->object("/usr/lib/libx.so", "/data/libx.so").mode == Mode::off);
  CHECK(compiled->object("/lib/libx.so", "/data/libx.so").mode == Mode::enforce);
  CHECK(compiled->object("", "").mode == Mode::enforce);
}

TEST_CASE("only-in limits an object section, wherever it stands in it") {
  for (const char* lines : {"only-in = prog\nmode = off\n", "mode = off\nonly-in = prog\n"}) {
    const std::string text = policy(std::string{"[object libx.so]\n"} + lines);
    CHECK(compiled(text, "/usr/bin/prog")->object("libx.so", "").mode == Mode::off);
    CHECK(compiled(text, "/usr/bin/other")->object("libx.so", "").mode == Mode::enforce);
    CHECK(compiled(text, "/usr/bin/prog")->names_objects());
    CHECK_FALSE(compiled(text, "/usr/bin/other")->names_objects());
  }
}

TEST_CASE("only-in may have spaces inside") {
  const std::string text = policy("[object libx.so]\nonly-in = /opt/my prog \nmode = off\n");
  CHECK(compiled(text, "/opt/my prog")->names_objects());
}

TEST_CASE("a plain list sets the regions") {
  CHECK(seal_after("[defaults]\nseal = text stack\n") == RegionSet{Region::text, Region::stack});
  CHECK(seal_after("[defaults]\nseal = all\n[program prog]\nseal = data\n") ==
        RegionSet{Region::data});
}

TEST_CASE("a list of signs amends what holds so far") {
  CHECK(seal_after("[defaults]\nseal = +data\n") == kBuiltIn.with({Region::data}));
  CHECK(seal_after("[defaults]\nseal = -gaps -vdso +stack\n") ==
        kBuiltIn.without({Region::gaps, Region::vdso}).with({Region::stack}));
  CHECK(seal_after("[defaults]\nseal = -data +text\n") == kBuiltIn);
  CHECK(seal_after("[defaults]\nseal = text\n[program prog]\nseal = +data\n"
                   "[program p*]\nseal = -text\n") == RegionSet{Region::data});
  CHECK(seal_after("[program prog]\nseal = +data\n[defaults]\nseal = none\n") == RegionSet{});
  CHECK(seal_after("[program other]\nseal = none\n[defaults]\nseal = +data\n") ==
        kBuiltIn.with({Region::data}));
}

TEST_CASE("an object's list amends what holds for the program") {
  const Compiled compiled{policy("[defaults]\nseal = text\n[object libx.so]\nseal = +data\n"
                                 "[program prog]\nseal = +relro\n")};
  CHECK(compiled->process().seal == RegionSet{Region::text, Region::relro});
  CHECK(compiled->object("libx.so", "").seal ==
        RegionSet{Region::text, Region::relro, Region::data});
}

TEST_CASE("a header runs to the last bracket of its line") {
  CHECK(process("[program /usr/bin/[a-p]rog]\nmode = off\n").mode == Mode::off);
  CHECK(process("[program /usr/bin/pro[a-g]]\nmode = off\n").mode == Mode::off);
  CHECK(process("[program /usr/bin/prog]]\nmode = off\n", "/usr/bin/prog]").mode == Mode::off);
}

TEST_CASE("spaces count in a header") {
  CHECK(process("[program /opt/my prog]\nmode = off\n", "/opt/my prog").mode == Mode::off);
  CHECK(process("[program  prog]\nmode = off\n", "/opt/prog").mode == Mode::enforce);
  CHECK(process("[program  prog]\nmode = off\n", "/opt/ prog").mode == Mode::off);
  CHECK(process("[program prog ]\nmode = off\n", "/opt/prog ").mode == Mode::off);
}

TEST_CASE("a line may be as long as 4096 bytes") {
  const std::string glob = "/" + std::string(4096 - std::strlen("[program ]") - 1, 'x');
  CHECK(process("[program " + glob + "]\nmode = off\n", glob).mode == Mode::off);
}

TEST_CASE("nothing kept is longer than the bound, in the densest of policies") {
  std::string dense;
  for (const char* section :
       {"[object x]\nmode=off\n", "[defaults]\nseal=all\n", "[program *]\nmode=off\n"}) {
    for (int i = 0; i < 300; ++i)
      dense += section;
    const Compiled compiled{policy(dense)}; // Checks the bound.
    CHECK(compiled->storage_used() > 0);
  }
}

TEST_CASE("a policy of many sections keeps only those of the program") {
  std::string sections;
  for (int i = 0; i < 1000; ++i)
    sections += "[program /usr/bin/program-" + std::to_string(i) + "]\nmode = off\n";
  const Compiled one{policy(sections), "/usr/bin/program-999"};
  CHECK(one->process().mode == Mode::off);
  CHECK(one->storage_used() < 100);
  CHECK(compiled(policy(sections), "/usr/bin/program-1000")->storage_used() == 0);
}
