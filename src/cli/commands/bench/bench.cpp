// SPDX-License-Identifier: Apache-2.0
// sealwax bench: what sealing costs a program.
#include "cli/commands/bench/bench_report.hpp"
#include "cli/commands/bench/bench_runs.hpp"
#include "cli/commands/commands.hpp"
#include "cli/frame/option_values.hpp"
#include "cli/output/output.hpp"
#include "cli/output/progress.hpp"
#include "cli/sealing/launch.hpp"
#include "cli/system/preload_list.hpp"
#include "cli/system/system_root.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace sealwax::cli {
namespace {

constexpr std::string_view kHelp =
    R"(Usage: sealwax bench [OPTION...] [--] PROGRAM [ARGUMENT...]

Run PROGRAM with the library preloaded and without, in turn, and compare how
long it takes, how much of the processor, and its peak memory.

Options:
  -n, --runs COUNT    pairs of runs (30); another pair before them does not count
      --policy FILE   seal by this policy (sets SEALWAX_POLICY); or the NAME of one
                      that comes with Sealwax
      --library FILE  preload this library; else libsealwax.so beside sealwax,
                      then in the library directory
      --output FILE   append what PROGRAM prints to FILE; else to /dev/null
      --json          one JSON document, with each run
      --color WHEN    auto (a terminal, and NO_COLOR is not set), always or never
  -h, --help          this text

PROGRAM reads /dev/null. Its time is that of PROGRAM and of the children that it
waits for. The ratio is the median of the pairs' ratios. Its interval holds the
true median in 95 of 100 benches; it is made of the ratios' order statistics,
and takes six pairs at least. On a terminal stderr shows how far it is.

Exit status:
  0   the program was measured
  2   it was not: a run failed, or PROGRAM cannot be sealed
  64  wrong usage
)";

struct Options : Launch {
  std::size_t pairs = 30;
  std::string output = "/dev/null";
  bool json = false;
  ColorChoice color = ColorChoice::automatic;
};

/// Throws CommandError where with and without would be the same.
void check_comparable(const std::string& program, const std::string& loaded,
                      const Library& library) {
  if (const std::vector<Obstacle> found = launch_obstacles(program, loaded, library);
      !found.empty())
    throw CommandError(
        fmt::format("cannot compare: {} ({})", found.front().cause, found.front().remedy));
  const std::vector<std::string> entries =
      preload_entries(SystemRoot{}.text(deploy::kPreloadPath).value_or(""));
  if (std::any_of(entries.begin(), entries.end(), is_sealwax))
    throw CommandError(
        fmt::format("cannot compare: {} preloads the library into every program; try "
                    "where it does not",
                    deploy::kPreloadPath));
}

BenchResult bench(const Options& options) {
  BenchRuns runs;
  runs.library = find_library(options.library);
  runs.program = find_program(options.command.front());
  runs.command = options.command;
  runs.launch = options;
  runs.output = options.output;
  runs.pairs = options.pairs;
  const std::string loaded = loaded_program(runs.program);
  const std::string policy = launch_policy(loaded, options).source();
  check_comparable(runs.program, loaded, runs.library);
  Progress progress{options.pairs};
  return {options.command, policy, run_pairs(runs, [&](std::size_t done) { progress.show(done); })};
}

} // namespace

int bench_command(Arguments arguments) {
  Options options;
  CommandLine line{"bench", kHelp};
  add_number<std::size_t>(line.app(), "-n,--runs", options.pairs, 1, 1000000);
  line.app().add_option("--output", options.output);
  add_launch(line, options);
  line.add_json(options.json,
                [](const std::string& message, ExitCode) { answer(bench_error_json(message)); });
  line.add_color(options.color);
  return line.run(arguments, [&] {
    const BenchResult result = bench(options);
    answer(options.json ? bench_json(result) : bench_text(result, wants_color(options.color)));
    return kAsItShouldBe;
  });
}

} // namespace sealwax::cli
