// SPDX-License-Identifier: Apache-2.0
// Every system call that the shim makes, one thin wrapper each, and the knowledge which of them
// this process may make at all.
//
// Which calls are made when:
//
//   call                   start-up             late load          report
//   openat read close      filter, policy, maps filter, maps       filter, maps, /dev/kmsg
//   mmap mprotect munmap   copies, policy       copies, scan       its texts, counts
//   statx fstat            policy, stderr       file opened again  stderr, file
//   ioctl (PROCMAP_QUERY)  gaps, names          readiness, gaps    names, stderr (its generation)
//   mremap                 copies               copies             -
//   statfs pread           text to be moved     text to be moved   -
//   mseal                  all                  all                -  (and mapped code)
//   madvise                vdso, mark, copies   copies             counts
//   getpid clock_gettime   -                    -                  all
//   socket sendto          -                    -                  journal
//   write                  -                    -                  stderr, file, /dev/kmsg
//   pwritev2               -                    -                  stderr
//   rt_sigprocmask         -                    scan               stderr, file
//   rt_sig{pending, timedwait} -                -                  stderr, file
//   prlimit64              AT_SECURE: copies    likewise           stderr, file
//   openat2 geteuid        -                    -                  file
//   futex                  -                    musl: other scans  -
//   memfd_create fcntl     -                    musl, no filter    -
//   kill exit_group        -                    -                  on-refused = kill
//   prctl                  exec-gain, trust     -                  -  (and in a forked child)
//   clone wait4 prlimit64  under a filter       -                  -  (and exit_group: the child's)
//
// The first two rows are what ld.so has just done itself to load an object, so at start-up and at a
// late load a filter that kills for them has killed already. Everything else passes `Kernel::may`.
#pragma once

#include "model/range.hpp"
#include "model/slice.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>

struct rlimit;
struct sock_fprog;

namespace sealwax::shim {

/// The calls that a seccomp filter may forbid to a program that ld.so could start.
enum class Call : std::uint8_t {
  mseal,
  mremap,
  madvise,
  ioctl,
  fstat,
  getpid,
  clock_gettime,
  socket,
  sendto,
  write,
  prctl,
  openat2,
  futex,
  statfs,
  pread,
  protect_code, ///< an mprotect that makes memory executable
  statx,
  geteuid,
  prlimit64,
  pwritev2,
  rt_sigprocmask,
  rt_sigpending,
  rt_sigtimedwait,
};
inline constexpr unsigned kCallCount = static_cast<unsigned>(Call::rt_sigtimedwait) + 1;

class CallSet {
public:
  [[nodiscard]] static constexpr CallSet none() { return CallSet{0}; }
  [[nodiscard]] static constexpr CallSet only(Call call) { return CallSet{bit(call)}; }
  [[nodiscard]] static constexpr CallSet all() { return CallSet{(1U << kCallCount) - 1}; }
  [[nodiscard]] static constexpr CallSet all_but(Call call) {
    CallSet calls = all();
    calls.remove(call);
    return calls;
  }
  /// What a report takes, wherever it goes.
  [[nodiscard]] static constexpr CallSet of_reports();
  [[nodiscard]] constexpr bool has(Call call) const { return (bits_ & bit(call)) != 0; }
  constexpr void add(Call call) { bits_ |= bit(call); }
  constexpr void remove(Call call) { bits_ &= ~bit(call); }

  constexpr CallSet() = default;

private:
  constexpr explicit CallSet(std::uint32_t bits) : bits_(bits) {}
  static constexpr std::uint32_t bit(Call call) { return 1U << static_cast<unsigned>(call); }
  std::uint32_t bits_ = 0;
  static_assert(kCallCount <= 8 * sizeof bits_);
};

constexpr CallSet CallSet::of_reports() {
  CallSet calls;
  for (const Call call :
       {Call::fstat, Call::getpid, Call::clock_gettime, Call::socket, Call::sendto, Call::write,
        Call::openat2, Call::statx, Call::geteuid, Call::prlimit64, Call::pwritev2,
        Call::rt_sigprocmask, Call::rt_sigpending, Call::rt_sigtimedwait})
    calls.add(call);
  return calls;
}

/// How often an interrupted call is made again: a filter may answer EINTR for ever.
inline constexpr int kMostInterruptions = 1000;

/// What a system call answered: a value, or an errno value. Where nothing can be done about a
/// refusal, the caller discards it by a cast to void, and says why.
class [[nodiscard]] Reply {
public:
  constexpr explicit Reply(long raw) : raw_(raw) {}
  /// The kernel returns errors as -4095..-1 (syscall(2), NOTES).
  [[nodiscard]] constexpr bool ok() const { return raw_ >= 0 || raw_ < -4095; }
  [[nodiscard]] constexpr int error() const { return ok() ? 0 : static_cast<int>(-raw_); }
  [[nodiscard]] constexpr long value() const { return raw_; }
  [[nodiscard]] constexpr Address address() const { return static_cast<Address>(raw_); }
  [[nodiscard]] constexpr Address address_or(Address otherwise) const {
    return ok() ? address() : otherwise;
  }

private:
  long raw_;
};

/// In place of the answer to a call that is not made.
inline constexpr Reply kWithheld{-ENOSYS};

/// Which file something is, as /proc/self/maps and fstat tell it.
struct FileIdentity {
  std::uint64_t inode = 0; ///< 0: no file
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  [[nodiscard]] bool is_file() const { return inode != 0; }
  bool operator==(const FileIdentity&) const = default;
};

/// A set of signals as the kernel takes it: bit N-1 for signal N (signal(7)).
class Signals {
public:
  constexpr Signals() = default;
  [[nodiscard]] static constexpr Signals all() { return Signals{~std::uint64_t{0}}; }
  [[nodiscard]] static constexpr Signals only(int signal) {
    return Signals{std::uint64_t{1} << (signal - 1)};
  }
  [[nodiscard]] constexpr Signals with(int signal) const {
    return Signals{bits_ | only(signal).bits_};
  }
  [[nodiscard]] constexpr bool has_any_of(Signals others) const {
    return (bits_ & others.bits_) != 0;
  }

private:
  constexpr explicit Signals(std::uint64_t bits) : bits_(bits) {}
  std::uint64_t bits_ = 0;
};

/// A mapping as the kernel describes it.
struct Vma {
  Range range;
  bool readable = false;
  bool writable = false;
  bool executable = false;
  FileIdentity file;        ///< of none for anonymous memory
  std::uint64_t offset = 0; ///< in the file, bytes
  [[nodiscard]] bool without_permission() const { return !readable && !writable && !executable; }
};

/// As one word. Source: makedev(3).
[[nodiscard]] constexpr std::uint64_t device_number(std::uint32_t major, std::uint32_t minor) {
  return std::uint64_t{major} << 32 | minor;
}

/// Async-signal-safe throughout; touches neither errno nor any lock.
class Kernel {
public:
  [[nodiscard]] bool may(Call call) const {
    return allowed_.load(std::memory_order_relaxed).has(call);
  }
  void allow(CallSet calls) { allowed_.store(calls, std::memory_order_relaxed); }
  /// Makes that one no more.
  void forget(Call call);

  /// Seals every mapping in `range` until the process ends; ENOMEM and nothing sealed where there
  /// is a gap. After EPERM or ENOSYS no further mseal is made. Source: Documentation/userspace-api/
  /// mseal.rst.
  Reply seal(PageRange range);

  /// Moves the anonymous pages at `from` over `onto`, whose mapping they replace at once. What they
  /// leave stays mapped and empty, to be unmapped with its neighbours in one call: a mapping less
  /// to split each time. Where a filter forbids the call, rather than the kernel this one, no
  /// further one is made: a sandbox may count refusals.
  Reply move_over(Address from, PageRange onto);

  /// A new private anonymous readable and writable mapping, which the kernel does not merge with
  /// others; `populate` asks for its pages now.
  static Reply map_pages(std::size_t size, bool populate);
  /// Pages shared with a forked child.
  static Reply map_shared(std::size_t size);
  /// Private memory without any permission, in the place of whatever was there.
  static Reply map_nothing(PageRange range);
  static Reply protect(PageRange range, int protection);
  /// Likewise where `protection` has PROT_EXEC and the memory does not.
  Reply protect_code(PageRange range, int protection);
  /// Memory that the kernel does not take back (a full table of mappings) stays, and harms nobody.
  static void unmap(Address begin, std::size_t size);
  Reply advise(PageRange range, int advice);

  static Reply open_to_read(const char* path);
  static Reply read(int descriptor, Slice<char> into);
  /// Reads at an offset of the file, and leaves the descriptor's own alone.
  Reply read_at(int descriptor, Slice<char> into, std::uint64_t offset);
  /// A page of an open file, readable, to be asked about.
  static Reply map_file(int descriptor, std::size_t size);
  static void close(int descriptor);
  struct File {
    FileIdentity identity;
    /// Nanoseconds since the epoch; 0: not kept. The number of a deleted file's inode goes to the
    /// next new file, which differs from it by this.
    std::uint64_t birth = 0;
    std::uint32_t owner = ~0U;
    std::uint32_t mode = 0; ///< type and permission bits, as in st_mode
    std::uint32_t links = 0;
    std::size_t size = 0; ///< bytes
    /// Of the inode's number: each use of it has another. 0: nobody asked, or it is not told.
    std::uint32_t generation = 0;

    [[nodiscard]] bool is_same_as(const File& other) const {
      return identity.is_file() && identity == other.identity && birth == other.birth &&
             generation == other.generation;
    }
  };
  Result<File, int> file(int descriptor);
  /// Of a regular file (FS_IOC_GETVERSION, fs/ext4/ioctl.c): the clock of births stands still for
  /// some milliseconds, in which a file can take a deleted one's inode.
  std::uint32_t generation(int descriptor);
  /// Whether mmap takes an open file: no directory, pipe, socket or terminal (mmap(2), ENODEV and
  /// EACCES).
  static bool can_be_mapped(int descriptor);
  /// Likewise of the file at `path`, by opening it: a filter need not know the stat calls by name.
  Result<File, int> file_at(const char* path);

  /// The kind of file system that a file is on (statfs(2), f_type).
  Reply file_system_at(const char* path);

  /// PROCMAP_QUERY (Linux 6.11) for the mapping that covers `at`, or with `or_next` the first one
  /// above it. `name` receives its path or [name] without a terminator; `name_size` 0 for none.
  Reply query(int maps, Address at, bool or_next, Vma& vma, Slice<char> name,
              std::size_t& name_size);

  Reply process_id();
  /// Seconds since the epoch.
  Reply now();
  /// Seconds that nobody sets back.
  Reply uptime();
  Reply datagram_socket();
  /// Sends to the unix socket at `path` without ever blocking.
  Reply send_to(int socket, std::string_view path, std::string_view text);
  /// Likewise to whatever the socket is connected to, without SIGPIPE where that is nothing.
  Reply send(int socket, std::string_view text);
  Reply write(int descriptor, std::string_view text);
  /// Writes what can be written without waiting, as on a descriptor with O_NONBLOCK; EOPNOTSUPP
  /// where the kind of file cannot tell (RWF_NOWAIT of pwritev2(2)).
  Reply write_at_once(int descriptor, std::string_view text);
  /// Of this process (getrlimit(2)).
  Reply limit(int resource, struct rlimit& is);
  Reply set_limit(int resource, const struct rlimit& wanted);
  /// Under AT_SECURE: the limits are set by a caller who has fewer rights than the program.
  void distrust_limits() { limits_are_callers_ = true; }
  [[nodiscard]] bool limits_are_callers() const { return limits_are_callers_; }
  /// Whether RLIMIT_FSIZE lets a file have `size` bytes.
  [[nodiscard]] bool file_may_grow_to(std::size_t size);
  /// Opens a file to append whole lines to, creating it for its owner alone. Follows no symbolic
  /// link in any part of the path, so that nobody who may write a folder on the way can lead it
  /// elsewhere (openat2(2), RESOLVE_NO_SYMLINKS).
  Reply open_to_append(const char* path);
  static Reply open_to_write(const char* path);
  /// A file in memory, which nobody executes (memfd_create(2), MFD_NOEXEC_SEAL since Linux 6.3). To
  /// be asked for under no filter at all.
  static Reply make_memory_file();
  /// Another descriptor for the same, the first that is free from `least` on. Likewise.
  static Reply duplicate(int descriptor, int least);
  Reply effective_user();

  /// For this thread. Fails where the rest of what restores the thread would be forbidden.
  Reply block_signals(Signals& before);
  void set_blocked_signals(Signals blocked);
  /// What is pending for this thread, or for the process.
  Reply pending_signals(Signals& pending);
  /// Takes one of these that is blocked and pending, if there is one.
  void take_pending(Signals signals);

  /// Ends this process at once, as on-refused = kill wants it. Never the first process of a system
  /// or a PID namespace, with which everything else there would end.
  void end_process();
  /// No new executable memory from here on (PR_SET_MDWE, Linux 6.3).
  Reply deny_exec_gain(bool inherited);
  /// For this and all that it executes (PR_SET_NO_NEW_PRIVS).
  Reply deny_new_privileges();
  Reply install_filter(const sock_fprog& filter);

  /// Whether it is sure that this thread is under no seccomp filter (PR_GET_SECCOMP).
  bool is_free_of_filters();

  /// Waits until somebody wakes this thread up, but no longer than asked; false where it was as
  /// long, or waiting is forbidden. Comes back at once where `word` is not `value`.
  bool wait_while_equal(std::atomic<Address>& word, Address value, long nanoseconds);
  void wake_one(std::atomic<Address>& word);

private:
  [[nodiscard]] Reply seconds_of(int clock) const;
  Reply forgetting_refused(Call call, Reply reply);
  std::atomic<CallSet> allowed_;
  bool limits_are_callers_ = false;
};

} // namespace sealwax::shim
