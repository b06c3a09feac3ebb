#include "cli/injection/remote_sealing.hpp"

#include "cli/system/kernel_probe.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <unistd.h>

namespace sealwax::cli {
namespace {

int protection_of(const Mapping& mapping) {
  return (mapping.permissions[0] == 'r' ? PROT_READ : 0) |
         (mapping.permissions[1] == 'w' ? PROT_WRITE : 0) | (mapping.executable() ? PROT_EXEC : 0);
}

bool failed(long answer) {
  return answer < 0 && answer > -4096;
}

std::string why_not(std::string_view what, Range range, long answer) {
  return fmt::format("cannot {} {:x}-{:x}: {}", what, range.begin, range.end,
                     std::strerror(static_cast<int>(-answer)));
}

/// The steps of one process.
class Steps {
public:
  Steps(const Process& process, const Memory& memory, RemoteCalls& calls)
      : process_(process), memory_(memory), calls_(calls) {}

  /// Empty: done. What cannot be moved is sealed where it is.
  std::string take(const RemoteSeal& step) {
    std::string problem = step.moved ? move(step) : std::string{};
    if (!problem.empty() && step.or_not_at_all)
      return problem;
    const long answer = calls_.call(kMseal, {step.range.begin, step.range.size()});
    return failed(answer) ? why_not("seal", step.range, answer) : problem;
  }

private:
  /// The contents go to fresh memory, which then takes the range's place in one call, so that each
  /// of the process's threads finds the one or the other there, and both are the same.
  std::string move(const RemoteSeal& step) {
    const std::size_t size = step.range.size();
    std::vector<std::byte> contents(size);
    if (memory_.read(step.range.begin, contents) != Memory::Outcome::ok)
      return why_not("read", step.range, -EIO);
    if (step.code_of && !is_in_file(contents, *step.code_of, step.range.begin))
      return fmt::format("code of {} is not what its file holds (a breakpoint, a relocation), and "
                         "stays where it is",
                         step.code_of->name);
    const long place = calls_.call(
        SYS_mmap, {0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, ~0ULL, 0});
    if (failed(place))
      return why_not("find memory to move", step.range, place);
    const auto at = static_cast<Address>(place);
    std::string problem = fill(at, contents, step);
    if (problem.empty())
      return {};
    if (const long answer = calls_.call(SYS_munmap, {at, size}); failed(answer))
      problem += "; " + why_not("free", {at, at + size}, answer);
    return problem;
  }

  std::string fill(Address at, std::span<const std::byte> contents, const RemoteSeal& step) {
    const std::size_t size = step.range.size();
    if (!calls_.write(at, contents))
      return why_not("fill memory for", step.range, -EFAULT);
    const auto protection = static_cast<std::uint64_t>(step.protection);
    long answer = calls_.call(SYS_mprotect, {at, size, protection});
    if (failed(answer))
      return why_not("protect memory for", step.range, answer);
    answer =
        calls_.call(SYS_mremap, {at, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, step.range.begin});
    return failed(answer) ? why_not("move", step.range, answer) : std::string{};
  }

  bool is_in_file(std::span<const std::byte> contents, const Mapping& mapping, Address at) const {
    const Descriptor file = process_.open_mapped(mapping);
    std::vector<std::byte> bytes(contents.size());
    const auto offset = static_cast<off_t>(mapping.offset + (at - mapping.range.begin));
    // Behind the file's end memory is zero.
    return file.open() && pread(file.number(), bytes.data(), bytes.size(), offset) > 0 &&
           std::equal(bytes.begin(), bytes.end(), contents.begin());
  }

  const Process& process_;
  const Memory& memory_;
  RemoteCalls& calls_;
};

} // namespace

std::vector<RemoteSeal> seals_to_do(const Inspection& found, WritableRelro relro,
                                    const WantsNow& wants_now) {
  std::vector<RemoteSeal> seals;
  for (std::size_t i = 0; i < found.survey.parts.size(); ++i) {
    const Part& part = found.survey.parts[i];
    const Mapping& mapping = found.survey.mappings[part.mapping];
    if (found.verdict.parts[i] != MappingVerdict::open || !wants_now(part))
      continue;
    RemoteSeal seal{part.range, found.verdict.parts_once_sealed[i] == MappingVerdict::contents_open,
                    false, protection_of(mapping), std::nullopt};
    if (mapping.executable() && !mapping.anonymous())
      seal.code_of = mapping;
    if (part.region == Region::relro && (seal.protection & PROT_WRITE) != 0) {
      if (relro == WritableRelro::stays)
        continue;
      seal.or_not_at_all = true;
      seal.protection &= ~PROT_WRITE;
    }
    if (!seals.empty() && !seal.moved && !seals.back().moved &&
        seals.back().range.end == seal.range.begin)
      seals.back().range.end = seal.range.end;
    else
      seals.push_back(seal);
  }
  return seals;
}

std::vector<std::string> seal_remotely(const std::vector<RemoteSeal>& seals, const Process& process,
                                       const Memory& memory, RemoteCalls& calls) {
  std::vector<std::string> problems;
  Steps steps{process, memory, calls};
  for (const RemoteSeal& seal : seals)
    if (std::string problem = steps.take(seal); !problem.empty())
      problems.push_back(std::move(problem));
  return problems;
}

} // namespace sealwax::cli
