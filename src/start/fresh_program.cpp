// SPDX-License-Identifier: Apache-2.0
#include "start/fresh_program.hpp"

#include "model/mapping/maps_line.hpp"
#include "model/mapping/verdict.hpp"
#include "outside/kernel/proc_text.hpp"
#include "start/text.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace sealwax::start {

using outside::kernel_call;
using outside::RemoteSeal;

namespace {

constexpr std::size_t kSearchBuffer = std::size_t{16} << 10;

} // namespace

struct FreshProgram::Mapping {
  MapsLine line;
  [[nodiscard]] bool accessible() const {
    return line.readable || line.writable || line.executable;
  }
  /// Which the program can execute and not write.
  [[nodiscard]] bool is_code() const {
    return line.readable && line.executable && !line.writable && line.name != "[vsyscall]";
  }
  [[nodiscard]] int protection() const {
    return (line.readable ? PROT_READ : 0) | (line.writable ? PROT_WRITE : 0) |
           (line.executable ? PROT_EXEC : 0);
  }
};

bool FreshProgram::look(const outside::File& file, const Wanted& wanted) {
  ElfHeaders headers;
  if (!headers.read(file))
    return false;
  const Address begin = outside::arch::program_counter(thread_.registers());
  const Address bias = headers.whole().e_type == ET_DYN ? begin - headers.whole().e_entry : 0;
  if (bias + headers.whole().e_entry != begin ||
      lay_out(bias, headers.segments(), page_, layout_) != LayoutError::none || !layout_.complete)
    return false;
  const outside::ProcText<16384> maps{thread_.thread(), "maps"};
  std::string_view text = maps.text();
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    Mapping mapping;
    if (end == std::string_view::npos || !parse_maps_line(text.substr(0, end), mapping.line) ||
        !look_at(mapping, wanted))
      return false;
    text.remove_prefix(end + 1);
  }
  look_for_calls(bias);
  plan_.now = {now_.begin(), now_.size()};
  plan_.then = {then_.begin(), then_.size()};
  return make_room() && thread_.error() == 0;
}

bool FreshProgram::look_at(const Mapping& mapping, const Wanted& wanted) {
  const Range range = mapping.line.range;
  if (mapping.is_code() && !code_.push(range))
    return false;
  if (is_kernel_mapping(mapping.line.name))
    return add(mapping, range, Region::vdso, wanted.process);
  if (mapping.line.name == "[stack]")
    return add(mapping, range, Region::stack, wanted.process);
  for (const Piece& piece : layout_.pieces)
    // What has permissions in a hole between segments is somebody else's.
    if ((piece.region != Region::gaps || !mapping.accessible()) &&
        !add(mapping, intersection(range, piece.range), piece.region, wanted.program))
      return false;
  return true;
}

bool FreshProgram::add(const Mapping& mapping, Range range, Region region,
                       const Settings& settings) {
  MappingFacts facts;
  facts.region = region;
  facts.seal = SealState::open;
  facts.anonymous = mapping.line.inode == 0;
  facts.writable = mapping.line.writable;
  if (range.empty() || judge_mapping(facts, settings) != MappingVerdict::open)
    return true;
  facts.seal = SealState::sealed;
  outside::OpenPart part;
  part.range = range;
  part.is_relro = region == Region::relro;
  part.contents_too = judge_mapping(facts, settings) == MappingVerdict::contents_open;
  part.protection = mapping.protection();
  if (part.is_relro && mapping.line.writable) {
    plan_.relro = {plan_.relro.empty() ? range.begin : plan_.relro.begin, range.end};
    if (!push(then_, seal_of(part, outside::WritableRelro::becomes_constant)))
      return false;
  }
  return push(now_, seal_of(part, outside::WritableRelro::stays));
}

bool FreshProgram::push(Seals& seals, const RemoteSeal& seal) {
  return seal.range.empty() || (!seals.empty() && join(seals.back(), seal)) || seals.push(seal);
}

/// In this process, which ends when they have moved.
bool FreshProgram::make_room() {
  const std::size_t now = room_for(plan_.now), then = room_for(plan_.then);
  const std::size_t size = now > then ? now : then;
  if (size == 0)
    return true;
  const long place = kernel_call(SYS_mmap, 0, static_cast<long>(size), PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1);
  plan_.room = {reinterpret_cast<std::byte*>(place), size};
  return !outside::call_failed(place);
}

void FreshProgram::look_ahead(const outside::File& file) {
  ElfHeaders headers;
  if (headers.read(file))
    for (const Elf64_Phdr& segment : headers.segments())
      if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0)
        look_ahead(file, segment);
}

/// Mapped it costs less than read: most of it is never looked at. Never behind the file's end,
/// where a mapping has nothing.
void FreshProgram::look_ahead(const outside::File& file, const Elf64_Phdr& segment) {
  const Range in_file = page_.covering({segment.p_offset, segment.p_offset + segment.p_filesz});
  struct stat status;
  if (outside::call_failed(kernel_call(SYS_fstat, file.number(), outside::address_of(&status))) ||
      segment.p_offset + segment.p_filesz > static_cast<std::uint64_t>(status.st_size))
    return;
  const long place = kernel_call(SYS_mmap, 0, static_cast<long>(in_file.size()), PROT_READ,
                                 MAP_PRIVATE, file.number(), static_cast<long>(in_file.begin));
  if (outside::call_failed(place))
    return;
  const auto* const bytes =
      reinterpret_cast<const std::uint8_t*>(place) + (segment.p_offset - in_file.begin);
  constexpr std::size_t kStep = std::size_t{16} << 10;
  for (std::size_t at = 0; at < segment.p_filesz && !in_file_.lead_back(); at += kStep) {
    const std::size_t left = segment.p_filesz - at, most = kStep + outside::kSearchOverlap;
    outside::look_for_calls({bytes + at, left < most ? left : most}, segment.p_vaddr + at,
                            in_file_);
  }
}

/// Where they are in the file first.
void FreshProgram::look_for_calls(Address bias) {
  std::uint8_t buffer[kSearchBuffer];
  const auto read_code = [this](Address at, Slice<std::uint8_t> into) {
    return thread_.read(at, {reinterpret_cast<std::byte*>(into.data()), into.size()});
  };
  for (const Address place :
       {in_file_.call_and_return, in_file_.signal_return, in_file_.pop_number})
    if (place != 0)
      outside::look_for_calls(Range{bias + place, bias + place + outside::kSearchOverlap},
                              read_code, buffer, plan_.instructions);
  for (const Range& code : code_)
    outside::look_for_calls(code, read_code, buffer, plan_.instructions);
}

bool FreshProgram::read(Address at, Slice<std::byte> into) {
  return thread_.read(at, into);
}

/// Code is moved only by policies that the tool carries out.
bool FreshProgram::is_in_file(const RemoteSeal&, Slice<const std::byte>) {
  return false;
}

void FreshProgram::tell(const outside::SealProblem& problem) {
  Text<256> message;
  message << "warning: ";
  message.put_number(static_cast<std::size_t>(thread_.thread()), 10);
  message << " is not sealed as its policy wants it: cannot "
          << (problem.what != nullptr ? problem.what : "move") << " ";
  message.put_number(problem.range.begin, 16);
  message << "-";
  message.put_number(problem.range.end, 16);
  message << ": error ";
  message.put_number(static_cast<std::size_t>(-problem.answer), 10);
  complain(message.view());
}

} // namespace sealwax::start
