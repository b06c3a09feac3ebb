// SPDX-License-Identifier: Apache-2.0
#include "shim/kernel/kernel.hpp"

#include "shim/kernel/arch/arch.hpp"
#include "shim/kernel/arch/odd_calls.hpp"
#include "shim/kernel/call_numbers.hpp"

#include <linux/futex.h>
#include <linux/ioctl.h>
#include <linux/mman.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/vfs.h>

#include <bit>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>

namespace sealwax::shim {
namespace {

using arch::map_call;
using arch::system_call;

template <typename T>
long word(T* pointer) {
  return static_cast<long>(reinterpret_cast<std::uintptr_t>(pointer));
}
constexpr long word(Address address) {
  return static_cast<long>(address);
}

/// The half of a word that changes with it: thread pointers differ in their lower bits.
long futex_word(std::atomic<Address>& word) {
  constexpr long kLowerHalf = std::endian::native == std::endian::little ? 0 : 4;
  return reinterpret_cast<long>(&word) + kLowerHalf;
}

} // namespace

Reply Kernel::forgetting_refused(Call call, Reply reply) {
  if (reply.error() == EPERM || reply.error() == ENOSYS)
    forget(call);
  return reply;
}

void Kernel::forget(Call call) {
  CallSet before = allowed_.load(std::memory_order_relaxed);
  CallSet after = before;
  do {
    after = before;
    after.remove(call);
  } while (!allowed_.compare_exchange_weak(before, after, std::memory_order_relaxed));
}

Reply Kernel::seal(PageRange range) {
  if (!may(Call::mseal))
    return kWithheld;
  return forgetting_refused(Call::mseal,
                            Reply{system_call(kMseal, word(range.begin()), word(range.size()), 0)});
}

Reply Kernel::move_over(Address from, PageRange onto) {
  if (!may(Call::mremap))
    return kWithheld;
  const Reply moved{system_call(SYS_mremap, word(from), word(onto.size()), word(onto.size()),
                                MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
                                word(onto.begin()))};
  // A filter answers whatever it likes, a seal that somebody else put there EPERM as well. The
  // kernel's own answer to a call that asks for nothing tells which it was.
  if (!moved.ok() && Reply{system_call(SYS_mremap, 0, 0, 0, 0)}.error() != EINVAL)
    forget(Call::mremap);
  return moved;
}

Reply Kernel::map_pages(std::size_t size, bool populate) {
  // What merged with a neighbour at once would be split from it again at the next call. Programs'
  // own mappings are rarely MAP_NORESERVE, and those that differ stay apart.
  constexpr int kApart = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  return Reply{map_call(0, word(size), PROT_READ | PROT_WRITE,
                        kApart | (populate ? MAP_POPULATE : 0), -1, 0)};
}

Reply Kernel::map_shared(std::size_t size) {
  return Reply{map_call(0, word(size), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)};
}

Reply Kernel::map_nothing(PageRange range) {
  return Reply{map_call(word(range.begin()), word(range.size()), PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0)};
}

Reply Kernel::protect(PageRange range, int protection) {
  return Reply{system_call(SYS_mprotect, word(range.begin()), word(range.size()), protection)};
}

Reply Kernel::protect_code(PageRange range, int protection) {
  return may(Call::protect_code) ? protect(range, protection) : kWithheld;
}

void Kernel::unmap(Address begin, std::size_t size) {
  system_call(SYS_munmap, word(begin), word(size));
}

Reply Kernel::advise(PageRange range, int advice) {
  if (!may(Call::madvise))
    return kWithheld;
  return Reply{system_call(SYS_madvise, word(range.begin()), word(range.size()), advice)};
}

Reply Kernel::open_to_read(const char* path) {
  return Reply{
      system_call(SYS_openat, AT_FDCWD, word(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
}

Reply Kernel::read(int descriptor, Slice<char> into) {
  Reply reply{-EINTR};
  for (int tries = 0; tries < kMostInterruptions && reply.error() == EINTR; ++tries)
    reply = Reply{system_call(SYS_read, descriptor, word(into.data()), word(into.size()))};
  return reply;
}

Reply Kernel::read_at(int descriptor, Slice<char> into, std::uint64_t offset) {
  if (!may(Call::pread))
    return kWithheld;
  Reply reply{0};
  do
    reply = Reply{system_call(SYS_pread64, descriptor, word(into.data()), word(into.size()),
                              static_cast<long>(offset))};
  while (reply.error() == EINTR);
  return reply;
}

Reply Kernel::map_file(int descriptor, std::size_t size) {
  return Reply{map_call(0, word(size), PROT_READ, MAP_PRIVATE, descriptor, 0)};
}

// Linux frees the descriptor whatever close answers (close(2), NOTES), so nothing is done about it.
void Kernel::close(int descriptor) {
  system_call(SYS_close, descriptor);
}

Result<Kernel::File, int> Kernel::file(int descriptor) {
  if (may(Call::statx)) {
    struct statx is = {};
    const Reply reply{system_call(SYS_statx, descriptor, word(""), AT_EMPTY_PATH,
                                  STATX_BASIC_STATS | STATX_BTIME, word(&is))};
    if (!reply.ok())
      return reply.error();
    const std::uint64_t birth =
        static_cast<std::uint64_t>(is.stx_btime.tv_sec) * 1'000'000'000U + is.stx_btime.tv_nsec;
    const bool has_birth = (is.stx_mask & STATX_BTIME) != 0;
    return File{{is.stx_ino, is.stx_dev_major, is.stx_dev_minor},
                has_birth ? birth : 0,
                is.stx_uid,
                is.stx_mode,
                is.stx_nlink,
                is.stx_size};
  }
  if (!may(Call::fstat))
    return kWithheld.error();
  struct stat is = {};
  if (const Reply reply{system_call(SYS_fstat, descriptor, word(&is))}; !reply.ok())
    return reply.error();
  // Of the device's number the kernel puts the low bits of the minor part first (linux/kdev_t.h,
  // new_encode_dev).
  const std::uint64_t device = is.st_dev;
  const FileIdentity identity{
      is.st_ino, static_cast<std::uint32_t>((device >> 8) & 0xfff),
      static_cast<std::uint32_t>((device & 0xff) | ((device >> 12) & 0xfff00))};
  return File{identity,
              0,
              is.st_uid,
              is.st_mode,
              static_cast<std::uint32_t>(is.st_nlink),
              static_cast<std::size_t>(is.st_size)};
}

// The kernel refuses a file's mapping that is to grow, but only behind whatever it has against the
// file (mm/mmap.c, do_mmap): what is asked for is never made.
bool Kernel::can_be_mapped(int descriptor) {
  const Reply mapped{map_call(0, 1, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, descriptor, 0)};
  if (mapped.ok())
    unmap(mapped.address(), 1);
  return mapped.error() != ENODEV && mapped.error() != EACCES;
}

std::uint32_t Kernel::generation(int descriptor) {
  constexpr long kGetVersion = _IOR('v', 1, long); // FS_IOC_GETVERSION of linux/fs.h
  long generation = 0;
  if (may(Call::ioctl)) // No answer is one: most file systems have no such number.
    (void)Reply{system_call(SYS_ioctl, descriptor, kGetVersion, word(&generation))};
  return static_cast<std::uint32_t>(generation);
}

Result<Kernel::File, int> Kernel::file_at(const char* path) {
  // Which needs no permission on the file itself, and waits for no device.
  const Reply opened{system_call(SYS_openat, AT_FDCWD, word(path), O_PATH | O_CLOEXEC)};
  if (!opened.ok())
    return opened.error();
  const int descriptor = static_cast<int>(opened.value());
  const Result<File, int> answer = file(descriptor);
  close(descriptor);
  return answer;
}

Reply Kernel::file_system_at(const char* path) {
  if (!may(Call::statfs))
    return kWithheld;
  struct statfs file_system = {};
  const Reply reply{system_call(SYS_statfs, word(path), word(&file_system))};
  return reply.ok() ? Reply{file_system.f_type} : reply;
}

Reply Kernel::process_id() {
  return may(Call::getpid) ? Reply{system_call(SYS_getpid)} : kWithheld;
}

Reply Kernel::seconds_of(int clock) const {
  if (!may(Call::clock_gettime))
    return kWithheld;
  timespec time{};
  const Reply reply{system_call(SYS_clock_gettime, clock, word(&time))};
  return reply.ok() ? Reply{time.tv_sec} : reply;
}

Reply Kernel::now() {
  return seconds_of(CLOCK_REALTIME);
}

Reply Kernel::uptime() {
  return seconds_of(CLOCK_MONOTONIC);
}

Reply Kernel::datagram_socket() {
  if (!may(Call::socket) || !may(Call::sendto))
    return kWithheld;
  return Reply{system_call(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

Reply Kernel::send_to(int socket, std::string_view path, std::string_view text) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Reply{-ENAMETOOLONG};
  __builtin_memcpy(address.sun_path, path.data(), path.size());
  return Reply{system_call(SYS_sendto, socket, word(text.data()), word(text.size()),
                           MSG_DONTWAIT | MSG_NOSIGNAL, word(&address), sizeof address)};
}

Reply Kernel::write(int descriptor, std::string_view text) {
  if (!may(Call::write))
    return kWithheld;
  return Reply{system_call(SYS_write, descriptor, word(text.data()), word(text.size()))};
}

Reply Kernel::send(int socket, std::string_view text) {
  if (!may(Call::sendto))
    return kWithheld;
  return Reply{system_call(SYS_sendto, socket, word(text.data()), word(text.size()),
                           MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0)};
}

Reply Kernel::write_at_once(int descriptor, std::string_view text) {
  if (!may(Call::pwritev2))
    return kWithheld;
  constexpr long kWhereItIs = -1, kNoWait = 8; // RWF_NOWAIT of linux/fs.h
  const iovec part{const_cast<char*>(text.data()), text.size()};
  return Reply{
      system_call(SYS_pwritev2, descriptor, word(&part), 1, kWhereItIs, kWhereItIs, kNoWait)};
}

Reply Kernel::limit(int resource, rlimit& is) {
  return may(Call::prlimit64) ? Reply{system_call(SYS_prlimit64, 0, resource, 0, word(&is))}
                              : kWithheld;
}

Reply Kernel::set_limit(int resource, const rlimit& wanted) {
  return may(Call::prlimit64) ? Reply{system_call(SYS_prlimit64, 0, resource, word(&wanted), 0)}
                              : kWithheld;
}

bool Kernel::file_may_grow_to(std::size_t size) {
  rlimit is{};
  return limit(RLIMIT_FSIZE, is).ok() && size <= is.rlim_cur;
}

Reply Kernel::make_memory_file() {
  constexpr long kCloseOnExec = 1, kNeverExecuted = 8; // linux/memfd.h
  return Reply{system_call(SYS_memfd_create, word("sealwax"), kCloseOnExec | kNeverExecuted)};
}

Reply Kernel::duplicate(int descriptor, int least) {
  return Reply{system_call(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, least)};
}

Reply Kernel::effective_user() {
  return may(Call::geteuid) ? Reply{system_call(SYS_geteuid)} : kWithheld;
}

Reply Kernel::block_signals(Signals& before) {
  if (!may(Call::rt_sigprocmask) || !may(Call::rt_sigpending) || !may(Call::rt_sigtimedwait))
    return kWithheld;
  constexpr Signals kAll = Signals::all();
  return Reply{
      system_call(SYS_rt_sigprocmask, SIG_SETMASK, word(&kAll), word(&before), sizeof before)};
}

void Kernel::set_blocked_signals(Signals blocked) {
  system_call(SYS_rt_sigprocmask, SIG_SETMASK, word(&blocked), 0, sizeof blocked);
}

Reply Kernel::pending_signals(Signals& pending) {
  return Reply{system_call(SYS_rt_sigpending, word(&pending), sizeof pending)};
}

void Kernel::take_pending(Signals signals) {
  constexpr timespec kNoTime{};
  system_call(SYS_rt_sigtimedwait, word(&signals), 0, word(&kNoTime), sizeof signals);
}

Reply Kernel::open_to_append(const char* path) {
  // struct open_how of linux/openat2.h (Linux 5.6)
  struct {
    std::uint64_t flags, mode, resolve;
  } how{O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600, 0};
  constexpr std::uint64_t kResolveNoMagicLinks = 2, kResolveNoSymlinks = 4;
  how.resolve = kResolveNoSymlinks | kResolveNoMagicLinks;
  if (!may(Call::openat2))
    return kWithheld;
  return Reply{system_call(kOpenat2, AT_FDCWD, word(path), word(&how), sizeof how)};
}

Reply Kernel::open_to_write(const char* path) {
  return Reply{
      system_call(SYS_openat, AT_FDCWD, word(path), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
}

void Kernel::end_process() {
  const long self = system_call(SYS_getpid);
  if (self == 1)
    return;
  // A filter may answer getpid with an error, and kill(2) takes -1 for every process there is.
  if (self > 0)
    system_call(SYS_kill, self, SIGKILL);
  system_call(SYS_exit_group, 128 + SIGKILL);
  for (;;)
    __builtin_trap(); // a filter kept it from both
}

Reply Kernel::deny_exec_gain(bool inherited) {
  constexpr long kSetMdwe = 65, kRefuseExecGain = 1, kNoInherit = 2; // linux/prctl.h
  if (!may(Call::prctl))
    return kWithheld;
  return Reply{system_call(SYS_prctl, kSetMdwe, kRefuseExecGain | (inherited ? 0 : kNoInherit))};
}

Reply Kernel::deny_new_privileges() {
  constexpr long kSetNoNewPrivileges = 38; // linux/prctl.h
  return may(Call::prctl) ? Reply{system_call(SYS_prctl, kSetNoNewPrivileges, 1)} : kWithheld;
}

Reply Kernel::install_filter(const sock_fprog& filter) {
  constexpr long kSetSeccomp = 22, kFilter = 2; // linux/prctl.h, linux/seccomp.h
  return may(Call::prctl) ? Reply{system_call(SYS_prctl, kSetSeccomp, kFilter, word(&filter))}
                          : kWithheld;
}

bool Kernel::is_free_of_filters() {
  constexpr long kGetSeccomp = 21; // linux/prctl.h
  return may(Call::prctl) && system_call(SYS_prctl, kGetSeccomp) == 0;
}

bool Kernel::wait_while_equal(std::atomic<Address>& word, Address value, long nanoseconds) {
  if (!may(Call::futex))
    return false;
  const timespec time{0, nanoseconds};
  const Reply reply{system_call(SYS_futex, futex_word(word), FUTEX_WAIT_PRIVATE,
                                static_cast<std::uint32_t>(value), reinterpret_cast<long>(&time))};
  return reply.ok() || reply.error() == EAGAIN || reply.error() == EINTR;
}

void Kernel::wake_one(std::atomic<Address>& word) {
  if (may(Call::futex))
    system_call(SYS_futex, futex_word(word), FUTEX_WAKE_PRIVATE, 1);
}

} // namespace sealwax::shim
