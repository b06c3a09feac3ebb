// SPDX-License-Identifier: Apache-2.0
#include "outside/start/sealed_start.hpp"

#include "model/mapping/maps_line.hpp"
#include "outside/kernel/proc_text.hpp"
#include "outside/seal/remote_sealing.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <iterator>
#include <string_view>

namespace sealwax::outside {

StartEnd SealedStart::run(const StartPlan& plan, const File& file) {
  plan_ = plan;
  const bool musl = start_.starts_as_with_musl();
  if (!plan.now.empty() || !plan.relro.empty())
    with_calls([&](RemoteCalls& calls) {
      // A filter that was inherited can kill for a call that the program does not make itself.
      if (!plan.relro.empty() && !musl && !plan.filtered)
        notice_ = StartNotice::lay(file, spare_for_script(), calls);
      if (!notice_ || !calls.goes_back_alone() || !seal_by_script(plan.now, calls))
        seal_remotely(plan.now, plan.room, site_, calls);
    });
  if (plan.relro.empty())
    return start_.program().error() == 0 ? StartEnd::begun : StartEnd::gone;
  // musl makes none of its RELRO constant. It is done with it when it first calls the kernel
  // (ldso/dlstart.c, and src/env/__init_tls.c behind it).
  const StaticStart::Relro now = musl ? start_.run_to_first_call() : run_to_constant();
  if (now == StaticStart::Relro::complete)
    with_calls([&](RemoteCalls& calls) {
      seal_relro(calls);
      clear_notice(calls);
    });
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
  if (noticed == StaticStart::Noticed::given && is_constant(plan_.relro))
    return StaticStart::Relro::complete;
  with_calls([this](RemoteCalls& calls) { clear_notice(calls); });
  return start_.run_to_constant(plan_.relro);
}

/// Whether nothing in a range can be written any more.
bool SealedStart::is_constant(Range range) const {
  const ProcText<16384> maps{start_.program().thread(), "maps"};
  std::string_view text = maps.text();
  if (text.empty() || maps.is_cut())
    return false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    MapsLine line;
    if (!parse_maps_line(text.substr(0, end), line) ||
        (line.writable && line.range.overlaps(range)))
      return false;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return true;
}

/// The program makes all calls by itself: each that it is stopped for takes longer than the call.
/// How many of them did not fail, and what the last one answered.
SealedStart::ScriptEnd SealedStart::run_script(arch::Script& script, RemoteCalls& calls) {
  script.finish(start_.program().thread(), notice_->signal());
  const Address place = notice_->place_for_script();
  start_.program().poke(place, {script.code(), script.size()});
  const arch::Registers registers = calls.run(place, notice_->signal());
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

/// Where there is only that to do: one range moved and sealed.
std::size_t SealedStart::spare_for_script() const {
  const bool one = plan_.then.size() == 1 && plan_.then[0].moved;
  return one ? plan_.then[0].range.size() : 0;
}

void SealedStart::seal_relro(RemoteCalls& calls) {
  const std::size_t size = spare_for_script();
  if (size != 0 && notice_ && notice_->spare().size() == size && calls.goes_back_alone())
    move_by_script(plan_.then[0], calls);
  else
    seal_remotely(plan_.then, plan_.room, site_, calls);
}

/// As move_remotely() does it, but that the program copies as well.
void SealedStart::move_by_script(const RemoteSeal& seal, RemoteCalls& calls) {
  const Range from = seal.range, copy = notice_->spare();
  const auto size = from.size();
  arch::Script script;
  script.call(SYS_mprotect, {copy.begin, size, PROT_READ | PROT_WRITE});
  script.copy(copy.begin, from.begin, size);
  script.call(SYS_mprotect, {copy.begin, size, static_cast<std::uint64_t>(seal.protection)});
  script.call(SYS_mremap, {copy.begin, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, from.begin});
  script.call(kMseal, {from.begin, size, 0});
  constexpr const char* kSteps[] = {"find memory to move", "protect memory for", "move", "seal"};
  const ScriptEnd end = run_script(script, calls);
  if (end.done < std::size(kSteps))
    site_.tell({kSteps[end.done], from, end.last_answer});
}

void SealedStart::clear_notice(RemoteCalls& calls) {
  if (!notice_)
    return;
  if (const long answer = notice_->clear(calls); call_failed(answer))
    site_.tell({"unmap", notice_->page(), answer});
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
