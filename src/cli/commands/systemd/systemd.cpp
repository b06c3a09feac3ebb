// SPDX-License-Identifier: Apache-2.0
// sealwax systemd: one service of systemd is sealed, by a drop-in for its unit.
#include "cli/change/change_report.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/systemd/drop_in/unit_change.hpp"
#include "cli/commands/systemd/list/host_plan.hpp"
#include "cli/commands/systemd/list/unit_list.hpp"
#include "cli/commands/systemd/options.hpp"
#include "cli/commands/systemd/verify.hpp"
#include "cli/frame/command_line.hpp"
#include "cli/inspection/status_report.hpp"
#include "deploy/places.hpp"

#include <CLI/CLI.hpp>

namespace sealwax::cli {
namespace {

constexpr std::string_view kHelp =
    R"(Usage: sealwax systemd [OPTION...] UNIT
       sealwax systemd --remove [OPTION...] UNIT
       sealwax systemd --list [--json] [--color WHEN]
       sealwax systemd --all-services --dry-run [--json] [--color WHEN]
       sealwax systemd --verify [--wait SECONDS] [--json] [--color WHEN] UNIT

Have the service UNIT preload the library, by a drop-in,
/etc/systemd/system/UNIT.d/50-sealwax.conf: by LD_PRELOAD, and by an
/etc/ld.so.preload of the unit's own, which reaches programs that lose their
environment or gain rights. What the unit itself puts into LD_PRELOAD stays,
behind the library. Units from which sessions or containers start (ssh, cron,
getty, docker) get LD_PRELOAD alone, and so do those with RootImage=. Where the
unit's SystemCallFilter= does not list mseal, the drop-in adds it. A static
program, which no loader starts, is started by 'sealwax run' in place of its own
ExecStart=. What in the unit keeps its programs from being sealed is said on
stderr. With --verify: what of the running service is sealed.

Options:
      --policy NAME   seal by this policy: a file (with a slash in it), or the
                      NAME.conf in /etc/sealwax or )" SEALWAX_POLICY_FOLDER R"(
      --library FILE  preload this library; else libsealwax.so beside sealwax,
                      then in the library directory
      --environment-only
                      by LD_PRELOAD alone
      --no-new-code   no memory and no file of the service's becomes code: systemd's
                      settings for that, as far as the unit can have them
      --require       fail closed: the unit does not start, by an ExecStartPost=
                      that looks, where something of it is not sealed
      --print         write the drop-in to stdout only, by LD_PRELOAD alone
      --dry-run       show the change, and make none
      --remove        take the drop-in away
      --verify        look at the processes of the service
      --list          a line for each service, running or not: what of it is sealed,
                      and by what; its policy; what 'systemd-analyze security' says
      --all-services  with --dry-run: a line for each service that has no drop-in yet,
                      the one with the least risk first: see sealwax(1)
      --wait SECONDS  look again for so long while something is not sealed, and
                      leave this process out
      --user          a unit of your own systemd's; its drop-in is in
                      ~/.config/systemd/user, and by LD_PRELOAD alone unless the unit
                      has PrivateUsers=yes
      --root DIR      the system whose root directory DIR is
      --json          one JSON document
      --color WHEN    auto (a terminal, and NO_COLOR is not set), always or never
  -h, --help          this text

It takes effect with 'systemctl daemon-reload && systemctl restart UNIT'.

Exit status:
  0   done; with --verify: all that the policies want sealed is sealed
  1   done, and something in the unit keeps it from being sealed, or may;
      with --verify: some of it is not sealed
  2   no such unit, a bad policy, or a file that cannot be read or written;
      with --verify: nothing of it runs, or it may not be looked at
  64  wrong usage
)";

/// What is wrong with the options taken together. Empty: nothing.
std::string usage_problem(const SystemdOptions& options) {
  if (options.print && options.json)
    return "--print and --json exclude each other";
  if (options.verify + options.remove + options.print + options.list + options.all_services > 1)
    return "--verify, --remove, --print, --list and --all-services exclude each other";
  const bool of_all = options.list || options.all_services;
  if (options.unit.empty() != of_all)
    return of_all ? "--list and --all-services tell of all units" : "UNIT is missing";
  if (options.user && (options.root != "/" || options.require || options.no_new_code || of_all))
    return "--user goes with neither --root, --require, --no-new-code, --list nor --all-services";
  if (options.all_services && !options.dry_run)
    return "--all-services plans, and changes nothing: say --dry-run";
  const bool says_what_to_write = !options.policy.empty() || !options.library.empty() ||
                                  options.environment_only || options.require ||
                                  options.no_new_code;
  if ((options.verify || options.remove) && says_what_to_write)
    return "--policy, --library, --environment-only, --require and --no-new-code are for a new "
           "drop-in";
  if (options.wait && !options.verify)
    return "--wait is for --verify";
  if (options.verify && options.root != "/")
    return "--verify looks at what runs, and in --root DIR nothing does";
  return {};
}

void add_options(CommandLine& line, SystemdOptions& options) {
  CLI::App& app = line.app();
  app.add_option("UNIT", options.unit);
  app.add_flag("--list", options.list);
  app.add_flag("--user", options.user);
  app.add_flag("--all-services", options.all_services);
  app.add_option("--root", options.root);
  app.add_option("--policy", options.policy);
  app.add_option("--library", options.library);
  app.add_flag("--environment-only", options.environment_only);
  app.add_flag("--print", options.print);
  app.add_flag("--dry-run", options.dry_run);
  app.add_flag("--remove", options.remove);
  app.add_flag("--verify", options.verify);
  app.add_flag("--require", options.require);
  app.add_flag("--no-new-code", options.no_new_code);
  app.add_option("--wait", options.wait)->check(CLI::Range(0.0, 3600.0));
  line.add_color(options.color);
}

} // namespace

int systemd_command(Arguments arguments) {
  SystemdOptions options;
  ChangeReport report{"systemd", options};
  CommandLine line{"systemd", kHelp};
  add_options(line, options);
  bool looking = false;
  line.add_json(options.json, [&](const std::string& message, ExitCode code) {
    // Of a unit that is not there nothing can be seen: a document of the status kind as well.
    if (looking)
      answer_status_failure(message, code);
    else
      report.fail(message, code);
  });
  line.add_check([&] { return usage_problem(options); });
  return line.run(arguments, [&] {
    if (options.list)
      return list_units(options);
    if (options.all_services)
      return plan_host(options);
    looking = options.verify;
    return looking ? verify_unit(options) : report.finish(change_unit(options, report));
  });
}

} // namespace sealwax::cli
