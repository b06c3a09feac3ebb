// SPDX-License-Identifier: Apache-2.0
#include "outside/start/sealed_start.hpp"

#include "model/mapping/maps_line.hpp"
#include "outside/kernel/proc_text.hpp"
#include "outside/seal/remote_sealing.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>
#include <iterator>
#include <string_view>

namespace sealwax::outside {
namespace {

/// What the mappings of a program say that is about to make its RELRO constant.
struct ConstantLook {
  bool constant = false; ///< nothing in the range can be written any more
  Range free;            ///< as large as the range; empty: there is none
};

/// Below all that is mapped, but where only the privileged map (vm.mmap_min_addr, at most 1 MiB).
Range free_below(Address lowest, std::size_t size) {
  constexpr Address kLeast = Address{1} << 20;
  return lowest >= kLeast + size ? Range{lowest - size, lowest} : Range{};
}

ConstantLook look_whether_constant(int process, Range range) {
  const ProcText<16384> maps{process, "maps"};
  std::string_view text = maps.text();
  ConstantLook look;
  for (bool first = true; !text.empty() && !maps.is_cut(); first = false) {
    const std::size_t end = text.find('\n');
    MapsLine line;
    if (!parse_maps_line(text.substr(0, end), line) ||
        (line.writable && line.range.overlaps(range)))
      return {};
    if (first)
      look.free = free_below(line.range.begin, range.size());
    look.constant = true;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return look;
}

} // namespace

StartEnd SealedStart::run(const StartPlan& plan, const File& file) {
  plan_ = plan;
  const bool musl = start_.starts_as_with_musl();
  if (!plan.now.empty() || !plan.relro.empty())
    with_calls([&](RemoteCalls& calls) {
      // A filter that was inherited can kill for a call that the program does not make itself.
      // What moves is compared with its file, and then must be as it was.
      if (!plan.relro.empty() && !musl && !plan.filtered)
        notice_ = StartNotice::lay(
            file, room_for(plan.now) == 0 ? NoticePlace::in_code : NoticePlace::apart,
            start_.program(), calls);
      if (!notice_ || !calls.goes_back_alone() || !seal_by_script(plan.now, calls))
        seal_remotely(plan.now, plan.room, site_, calls);
    });
  if (plan.relro.empty())
    return start_.program().error() == 0 ? StartEnd::begun : StartEnd::gone;
  // musl makes none of its RELRO constant. It is done with it when it first calls the kernel
  // (ldso/dlstart.c, and src/env/__init_tls.c behind it).
  const StaticStart::Relro now = musl ? start_.run_to_first_call() : run_to_constant();
  if (now == StaticStart::Relro::complete)
    clear_notice_behind([this](RemoteCalls& calls) { seal_relro(calls); });
  if (now == StaticStart::Relro::gone || start_.program().error() != 0)
    return StartEnd::gone;
  return now == StaticStart::Relro::writable ? StartEnd::writable : StartEnd::begun;
}

/// By the notice that it gives, else call by call.
StaticStart::Relro SealedStart::run_to_constant() {
  if (!notice_)
    return start_.run_to_constant(plan_.relro);
  const StaticStart::Noticed noticed = start_.run_to_notice(*notice_);
  if (noticed == StaticStart::Noticed::gone)
    return StaticStart::Relro::gone;
  const ConstantLook look = noticed == StaticStart::Noticed::given
                                ? look_whether_constant(start_.program().thread(), plan_.relro)
                                : ConstantLook{};
  copy_ = look.free;
  if (look.constant)
    return StaticStart::Relro::complete;
  clear_notice_behind([](RemoteCalls&) {});
  return start_.run_to_constant(plan_.relro);
}

/// The program makes all calls by itself: each that it is stopped for takes longer than the call.
/// How many of them did not fail, and what the last one answered.
SealedStart::ScriptEnd SealedStart::run_script(arch::Script& script, RemoteCalls& calls) {
  script.finish(start_.program().thread(), notice_->signal());
  const Range place = notice_->room_for_script();
  if (script.size() > place.size())
    return {0, -ENOSPC};
  start_.program().poke(place.begin, {script.code(), script.size()});
  const arch::Registers registers =
      calls.run(place.begin, place.begin + script.end(), notice_->signal());
  return {arch::Script::done(registers), arch::Script::last_answer(registers)};
}

/// False: not all of it has been done, and all can be done again.
bool SealedStart::seal_by_script(Slice<const RemoteSeal> seals, RemoteCalls& calls) {
  arch::Script script;
  std::size_t count = 0;
  bool fits = room_for(seals) == 0; // nothing of it moves
  for_each_stretch(seals, [&](Range stretch) {
    fits = fits && count < arch::Script::kMostCalls;
    if (fits)
      script.call(kMseal, {stretch.begin, stretch.size(), 0});
    count += fits ? 1 : 0;
  });
  return fits && run_script(script, calls).done == count;
}

void SealedStart::seal_relro(RemoteCalls& calls) {
  const bool one = plan_.then.size() == 1 && plan_.then[0].moved;
  if (!one || !notice_ || !calls.goes_back_alone() || !move_by_script(plan_.then[0], calls))
    seal_remotely(plan_.then, plan_.room, site_, calls);
}

/// As move_remotely() does it, but that the program copies as well. False: nothing has been done.
bool SealedStart::move_by_script(const RemoteSeal& seal, RemoteCalls& calls) {
  const Range from = seal.range;
  const auto size = from.size();
  if (copy_.size() < size)
    return false;
  const Address copy = copy_.begin;
  arch::Script script;
  script.call(SYS_mmap,
              {copy, size, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_POPULATE, ~0ULL, 0});
  script.copy(copy, from.begin, size);
  script.call(SYS_mprotect, {copy, size, static_cast<std::uint64_t>(seal.protection)});
  script.call(SYS_mremap, {copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, from.begin});
  script.call(kMseal, {from.begin, size, 0});
  constexpr const char* kSteps[] = {"find memory to move", "protect memory for", "move", "seal"};
  const ScriptEnd end = run_script(script, calls);
  if (end.done == 0)
    return false;
  if (end.done < std::size(kSteps))
    site_.tell({kSteps[end.done], from, end.last_answer});
  constexpr std::size_t kMoved = 3;
  if (end.done < kMoved)
    (void)calls.call(SYS_munmap, {copy, size}); // only this start's; that it stays harms nobody
  return true;
}

template <typename Work>
void SealedStart::clear_notice_behind(Work&& work) {
  with_calls([&](RemoteCalls& calls) {
    work(calls);
    if (!notice_ || notice_->is_in_code())
      return;
    if (const long answer = notice_->unmap(calls); call_failed(answer))
      site_.tell({"unmap", notice_->room(), answer});
  });
  if (notice_ && notice_->is_in_code())
    notice_->restore_code(start_.program());
  notice_.reset();
}

template <typename Work>
void SealedStart::with_calls(Work&& work) {
  TracedThread& program = start_.program();
  const arch::Registers registers = program.registers();
  RemoteCalls calls{program, going_on(registers, arch::interrupted_call(registers), false),
                    plan_.instructions};
  work(calls);
  calls.end();
}

} // namespace sealwax::outside
