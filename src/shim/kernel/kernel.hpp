// Every system call that the shim makes, one thin wrapper each, and the knowledge which of them
// this process may make at all.
//
// Which calls are made when:
//
//   call                   start-up             late load          report
//   openat read close      filter, policy, maps filter, maps       filter, maps, /dev/kmsg
//   mmap mprotect munmap   copies, policy       copies, scan       its texts, counts
//   fstat                  policy               file opened again  file
//   ioctl (PROCMAP_QUERY)  gaps, names          readiness, gaps    names
//   mremap                 RELRO                RELRO              -
//   mseal                  all                  all                -  (and mapped code)
//   madvise                vdso, mark, copies   copies             counts
//   getpid clock_gettime   -                    -                  all
//   socket sendto          -                    -                  journal
//   write                  -                    -                  stderr, file, /dev/kmsg
//   openat2                -                    -                  file
//   futex                  -                    musl: other scans  -
//   kill exit_group        -                    -                  on-refused = kill
//   prctl                  exec-gain            -                  -  (and in a forked child)
//   clone wait4 prlimit64  under a filter       -                  -  (and exit_group: the child's)
//
// The first two rows are what ld.so has just done itself to load an object, so at start-up and at a
// late load a filter that kills for them has killed already. Everything else passes `Kernel::may`.
#pragma once

#include "model/range.hpp"
#include "model/slice.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

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
};
inline constexpr unsigned kCallCount = static_cast<unsigned>(Call::futex) + 1;

class CallSet {
public:
  [[nodiscard]] static constexpr CallSet none() { return CallSet{0}; }
  [[nodiscard]] static constexpr CallSet all() { return CallSet{(1U << kCallCount) - 1}; }
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

/// A mapping as the kernel describes it.
struct Vma {
  Range range;
  bool readable = false;
  bool writable = false;
  bool executable = false;
  std::uint64_t inode = 0; ///< 0 for anonymous memory
  [[nodiscard]] bool without_permission() const { return !readable && !writable && !executable; }
};

/// Async-signal-safe throughout; touches neither errno nor any lock.
class Kernel {
public:
  [[nodiscard]] bool may(Call call) const {
    return allowed_.load(std::memory_order_relaxed).has(call);
  }
  void allow(CallSet calls) { allowed_.store(calls, std::memory_order_relaxed); }

  /// Seals every mapping in `range` until the process ends; ENOMEM and nothing sealed where there
  /// is a gap. After EPERM or ENOSYS no further mseal is made. Source: Documentation/userspace-api/
  /// mseal.rst.
  Reply seal(PageRange range);

  /// Moves the anonymous pages at `from` over `onto`, whose mapping they replace at once. What they
  /// leave stays mapped and empty, to be unmapped with its neighbours in one call: a mapping less
  /// to split each time. After EPERM or ENOSYS no further one is made: a sandbox may count
  /// refusals.
  Reply move_over(Address from, PageRange onto);

  /// A new private anonymous readable and writable mapping, which the kernel does not merge with
  /// others; `populate` asks for its pages now.
  static Reply map_pages(std::size_t size, bool populate);
  /// Pages shared with a forked child.
  static Reply map_shared(std::size_t size);
  static Reply protect(PageRange range, int protection);
  /// Memory that the kernel does not take back (a full table of mappings) stays, and harms nobody.
  static void unmap(Address begin, std::size_t size);
  Reply advise(PageRange range, int advice);

  static Reply open_to_read(const char* path);
  static Reply read(int descriptor, Slice<char> into);
  static void close(int descriptor);
  /// What fstat says of an open file.
  struct File {
    std::uint32_t owner = ~0U;
    std::uint32_t mode = 0; ///< type and permission bits, as in st_mode
    std::size_t size = 0;   ///< bytes
    std::uint64_t inode = 0;
  };
  Result<File, int> file(int descriptor);
  /// Whether mmap takes an open file: no directory, pipe, socket or terminal (mmap(2), ENODEV and
  /// EACCES).
  static bool can_be_mapped(int descriptor);
  /// Likewise of the file at `path`, by opening it: a filter need not know the stat calls by name.
  Result<File, int> file_at(const char* path);

  /// PROCMAP_QUERY (Linux 6.11) for the mapping that covers `at`, or with `or_next` the first one
  /// above it. `name` receives its path or [name] without a terminator; `name_size` 0 for none.
  Reply query(int maps, Address at, bool or_next, Vma& vma, Slice<char> name,
              std::size_t& name_size);

  Reply process_id();
  /// Seconds since the epoch.
  Reply now();
  Reply datagram_socket();
  /// Sends to the unix socket at `path` without ever blocking.
  Reply send_to(int socket, std::string_view path, std::string_view text);
  Reply write(int descriptor, std::string_view text);
  /// Opens a file to append whole lines to, creating it for its owner alone. Follows no symbolic
  /// link in any part of the path, so that nobody who may write a folder on the way can lead it
  /// elsewhere (openat2(2), RESOLVE_NO_SYMLINKS).
  Reply open_to_append(const char* path);
  static Reply open_to_write(const char* path);
  /// Ends this process at once, as on-refused = kill wants it.
  void end_process();
  /// No new executable memory from here on (PR_SET_MDWE, Linux 6.3).
  Reply deny_exec_gain(bool inherited);

  /// Waits until somebody wakes this thread up, but no longer than asked; false where it was as
  /// long, or waiting is forbidden. Comes back at once where `word` is not `value`.
  bool wait_while_equal(std::atomic<Address>& word, Address value, long nanoseconds);
  void wake_one(std::atomic<Address>& word);

private:
  Reply forgetting_refused(Call call, Reply reply);
  void forget(Call call);
  std::atomic<CallSet> allowed_;
};

} // namespace sealwax::shim
