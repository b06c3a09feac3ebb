// SPDX-License-Identifier: Apache-2.0
#include "cli/tracing/tracee.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <type_traits>

namespace sealwax::cli {

using outside::TracedThread;

void check(const TracedThread& thread) {
  if (thread.error() == 0)
    return;
  const std::string message =
      fmt::format("cannot {}: {}", thread.failed_step(), std::strerror(thread.error()));
  if (thread.error() == ESRCH)
    throw TraceeGone(message);
  throw std::runtime_error(message);
}

template <typename Work>
auto Tracee::with_thread(Work work) const {
  TracedThread thread{thread_};
  if constexpr (std::is_void_v<decltype(work(thread))>) {
    work(thread);
    check(thread);
  } else {
    auto result = work(thread);
    check(thread);
    return result;
  }
}

void Tracee::resume(int request, int signal) const {
  with_thread([=](TracedThread& thread) { thread.resume(request, signal); });
}

arch::Registers Tracee::registers() const {
  return with_thread([](TracedThread& thread) { return thread.registers(); });
}

void Tracee::set_registers(const arch::Registers& registers) const {
  with_thread([&](TracedThread& thread) { thread.set_registers(registers); });
}

void Tracee::set_program_counter(Address at) const {
  arch::Registers registers = this->registers();
  arch::set_program_counter(registers, at);
  set_registers(registers);
}

std::uint64_t Tracee::signal_mask() const {
  return with_thread([](TracedThread& thread) { return thread.signal_mask(); });
}

void Tracee::set_signal_mask(std::uint64_t mask) const {
  with_thread([=](TracedThread& thread) { thread.set_signal_mask(mask); });
}

siginfo_t Tracee::signal_info() const {
  return with_thread([](TracedThread& thread) { return thread.signal_info(); });
}

pid_t Tracee::event_message() const {
  return with_thread([](TracedThread& thread) { return thread.event_message(); });
}

SystemCall Tracee::system_call() const {
  return with_thread([](TracedThread& thread) { return thread.system_call(); });
}

bool Tracee::has_made_its_call() const {
  return with_thread([](TracedThread& thread) { return thread.has_made_its_call(); });
}

long Tracee::answer() const {
  return with_thread([](TracedThread& thread) { return thread.answer(); });
}

void Tracee::answer_in_place_of_kernel(long answer) const {
  with_thread([=](TracedThread& thread) { thread.answer_in_place_of_kernel(answer); });
}

bool Tracee::read(Address at, std::span<std::byte> into) const {
  const Slice<std::byte> room{into.data(), into.size()};
  return with_thread([=](TracedThread& thread) { return thread.read(at, room); });
}

std::vector<std::uint8_t> Tracee::peek(Address at, std::size_t size) const {
  std::vector<std::uint8_t> bytes(size);
  if (!read(at, std::as_writable_bytes(std::span{bytes})))
    throw std::runtime_error(
        fmt::format("cannot read the program's memory: {}", std::strerror(EIO)));
  return bytes;
}

void Tracee::poke(Address at, std::span<const std::uint8_t> bytes) const {
  with_thread([=](TracedThread& thread) { thread.poke(at, {bytes.data(), bytes.size()}); });
}

} // namespace sealwax::cli
