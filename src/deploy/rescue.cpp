// SPDX-License-Identifier: Apache-2.0
// sealwax-rescue: takes Sealwax out of /etc/ld.so.preload where nothing else runs any more. Static,
// and as init= on the kernel's command line it then starts the real init.
#include "deploy/places.hpp"
#include "deploy/preload_file.hpp"
#include "deploy/preload_text.hpp"
#include "deploy/unit_lists.hpp"

#include <sys/mount.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace sealwax::deploy {
namespace {

constexpr int kDone = 0;
constexpr int kEntryThere = 1;
constexpr int kFailed = 2;
constexpr int kWrongUsage = 64; // EX_USAGE of sysexits.h

constexpr const char* kHelp =
    "Usage: sealwax-rescue [--root DIR] [--check]\n"
    "       init=" SEALWAX_RESCUE " on the kernel's command line\n"
    "\n"
    "Take Sealwax's entry out of /etc/ld.so.preload, and nothing else; while units\n"
    "have a file of their own mounted there, by blanks in its place. This program\n"
    "is static: it runs where a library named there keeps every other one from it.\n"
    "As the first process it makes / writable where it has to, and then starts\n"
    "/sbin/init.\n"
    "\n"
    "Options:\n"
    "      --root DIR  the system whose root directory DIR is, a mounted disk say\n"
    "      --check     change nothing, and say by the exit status whether it is there\n"
    "  -h, --help      this text\n"
    "\n"
    "Exit status:\n"
    "  0   there is no entry, or no longer\n"
    "  1   --check found one\n"
    "  2   could not read or change the file\n"
    "  64  wrong usage\n";

struct Options {
  const char* root = "/";
  bool check = false;
  bool help = false;
};

/// What comes before a path in /etc to name it from outside the system that it is in.
const char* prefix(const char* root) {
  return std::strcmp(root, "/") == 0 ? "" : root;
}

constexpr const char* kByHand = "take the line out with an editor";

void complain(const char* root, const Failure& failed, const char* advice) {
  dprintf(STDERR_FILENO, "sealwax-rescue: cannot %s %s%s: %s; %s\n", failed.action,
          failed.object == root ? "" : prefix(root), failed.object, std::strerror(failed.error),
          advice);
}

/// What was done, and why so.
struct Done {
  Removal removal = Removal::none_there;
  InPlace in_place = InPlace::no;
};

Failure remove_in(const char* root, Done& done) {
  Etc etc;
  if (const Failure failed = etc.open(root); failed.happened())
    return failed;
  done.in_place = place_kept_for_units(etc);
  return remove_entries(etc, done.removal, done.in_place);
}

void report(const char* root, const Done& done) {
  constexpr const char* kName = kLibraryName.data();
  const char* const reason = done.in_place == InPlace::yes
                                 ? "units have a file of their own mounted there"
                                 : "the disk is full";
  switch (done.removal) {
  case Removal::none_there:
    dprintf(STDOUT_FILENO, "%s%s has no entry for %s\n", prefix(root), kPreloadPath, kName);
    break;
  case Removal::removed:
    dprintf(STDOUT_FILENO, "took %s out of %s%s\n", kName, prefix(root), kPreloadPath);
    break;
  case Removal::blanked:
    dprintf(STDOUT_FILENO, "%s; wrote blanks over %s in %s%s\n", reason, kName, prefix(root),
            kPreloadPath);
    break;
  }
}

int remove_entry(const char* root) {
  Done done;
  if (const Failure failed = remove_in(root, done); failed.happened()) {
    complain(root, failed, advice_on(failed.error, kByHand));
    return kFailed;
  }
  report(root, done);
  return kDone;
}

int check(const char* root) {
  static PreloadFile file;
  Etc etc;
  Failure failed = etc.open(root);
  if (!failed.happened())
    failed = read_preload(etc, file);
  if (failed.happened()) {
    complain(root, failed, "look at it with cat(1)");
    return kFailed;
  }
  return own_entries(file.text()) == 0 ? kDone : kEntryThere;
}

/// The flags that a remount has to name again to keep them (mount(2)).
unsigned long mount_flags(const struct statvfs& root) {
  // These have the same values; MS_RELATIME has not.
  constexpr unsigned long kSame =
      ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_SYNCHRONOUS | ST_NOATIME | ST_NODIRATIME;
  static_assert(kSame == (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_SYNCHRONOUS |
                          MS_NOATIME | MS_NODIRATIME));
  constexpr unsigned long kRelatime = MS_RELATIME;
  return (root.f_flag & kSame) | ((root.f_flag & ST_RELATIME) != 0 ? kRelatime : 0);
}

/// Removes the entry from a root that the kernel mounts read-only, and leaves that so: init checks
/// the file system before it makes it writable.
Failure remove_at_boot(Done& done) {
  struct statvfs root = {};
  if (statvfs("/", &root) != 0 || (root.f_flag & ST_RDONLY) == 0)
    return remove_in("/", done);
  constexpr unsigned long kReadOnly = MS_RDONLY;
  const unsigned long flags = mount_flags(root);
  if (mount(nullptr, "/", nullptr, MS_REMOUNT | (flags ^ kReadOnly), nullptr) != 0)
    return {"make writable", "/", errno};
  const Failure failed = remove_in("/", done);
  sync();
  mount(nullptr, "/", nullptr, MS_REMOUNT | flags, nullptr);
  return failed;
}

/// Descriptors of the first process are open only if the kernel found a /dev/console.
void open_console() {
  if (fcntl(STDERR_FILENO, F_GETFD) != -1)
    return;
  for (int number = 0; number >= 0 && number < STDERR_FILENO;)
    number = open("/dev/console", O_RDWR | O_NOCTTY);
}

/// The paths that the kernel itself tries (init/main.c), but for the shell.
[[noreturn]] void start_init(char** arguments) {
  for (const char* path : {"/sbin/init", "/etc/init", "/bin/init", "/bin/sh"}) {
    arguments[0] = const_cast<char*>(path);
    execv(path, arguments);
  }
  dprintf(STDERR_FILENO, "sealwax-rescue: cannot start /sbin/init: %s\n", std::strerror(errno));
  _exit(kFailed);
}

[[noreturn]] void run_as_init(char** arguments) {
  open_console();
  Done done;
  const Failure failed = remove_at_boot(done);
  if (!failed.happened()) {
    report("/", done);
    start_init(arguments);
  }
  // What cannot be changed can still be covered, by a file that ld.so finds empty.
  if (mount("/dev/null", kPreloadPath, nullptr, MS_BIND, nullptr) == 0)
    complain("/", failed, "covered it with an empty file until the next boot");
  else
    complain("/", failed, advice_on(failed.error, kByHand));
  start_init(arguments);
}

/// False: the arguments make no sense.
bool parse(int count, char** arguments, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--check")
      options.check = true;
    else if (argument == "-h" || argument == "--help")
      options.help = true;
    else if (argument == "--root" && i + 1 < count)
      options.root = arguments[++i];
    else
      return false;
  }
  return true;
}

/// The first process of a system gets from the kernel what it cannot use itself; that of a
/// container gets options.
bool is_init(int count, char** arguments) {
  return getpid() == 1 && (count < 2 || std::strncmp(arguments[1], "-", 1) != 0);
}

} // namespace
} // namespace sealwax::deploy

int main(int argc, char** argv) {
  using namespace sealwax::deploy;
  if (is_init(argc, argv))
    run_as_init(argv);
  Options options;
  if (!parse(argc, argv, options)) {
    dprintf(STDERR_FILENO, "sealwax-rescue: it takes --root DIR and --check; 'sealwax-rescue "
                           "--help' tells how to use it\n");
    return kWrongUsage;
  }
  if (options.help)
    return dprintf(STDOUT_FILENO, "%s", kHelp) < 0 ? kFailed : kDone;
  return options.check ? check(options.root) : remove_entry(options.root);
}
