// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/learn/following/backtrace.hpp"

#include "cli/output/output.hpp"
#include "cli/output/text_parts.hpp"
#include "model/report/memory_function.hpp"

#include <elfutils/libdwfl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cxxabi.h>
#include <iterator>
#include <optional>
#include <unordered_map>

namespace sealwax::cli::learn {
namespace {

/// "f" of "f(int, char) const": the parameters end with the last bracket.
std::string without_parameters(const std::string& function) {
  int depth = 0;
  for (std::size_t at = function.rfind(')'); at != std::string::npos && at > 0; --at) {
    if (function[at] == ')')
      ++depth;
    else if (function[at] == '(' && --depth == 0)
      return function.substr(0, at);
  }
  return function;
}

std::string demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text{
      abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free};
  return status == 0 ? without_parameters(text.get()) : std::string{name};
}

/// By the place in the code, and whether a thread is there or in a call from there.
Frame frame_at(Dwfl* session, Dwarf_Addr at, bool is_activation) {
  Frame frame;
  frame.is_known = true;
  // A call can be the last instruction of its function.
  const Dwarf_Addr inside = is_activation ? at : at - 1;
  Dwfl_Module* const module = dwfl_addrmodule(session, inside);
  if (module == nullptr)
    return frame;
  const char* const path =
      dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  GElf_Addr bias = 0;
  if (path == nullptr || dwfl_module_getelf(module, &bias) == nullptr)
    return frame;
  frame.object = path;
  frame.offset = at - bias;
  GElf_Off offset = 0;
  GElf_Sym symbol;
  const char* const name =
      dwfl_module_addrinfo(module, inside, &offset, &symbol, nullptr, nullptr, nullptr);
  // A name whose size is not known is only the nearest one.
  if (name != nullptr && symbol.st_size != 0)
    frame.function = demangled(name);
  return frame;
}

/// `__mmap64` and the like are names of the same function.
std::string_view plain(std::string_view function) {
  function.remove_prefix(std::min(function.find_first_not_of('_'), function.size()));
  if (function.ends_with("64"))
    function.remove_suffix(2);
  return function;
}

bool only_makes_the_call(std::string_view function) {
  const std::string_view name = plain(function);
  return name == "syscall" ||
         std::any_of(std::begin(kMemoryFunctionFacts), std::end(kMemoryFunctionFacts),
                     [name](const MemoryFunctionFacts& facts) { return facts.name == name; });
}

/// One for each row of mappings of a file, as dwfl_linux_proc_report() does it for those that
/// /proc/PID/maps shows.
void report_modules(Dwfl* session, std::span<const Mapping> mappings) {
  for (std::size_t first = 0, last = 0; first < mappings.size(); first = last + 1) {
    last = first;
    if (mappings[first].anonymous() || !mappings[first].name.starts_with('/'))
      continue;
    for (std::size_t next = first + 1; next < mappings.size(); ++next) {
      if (mappings[next].file == mappings[first].file)
        last = next;
      else if (!mappings[next].anonymous())
        break;
    }
    dwfl_report_module(session, mappings[first].name.c_str(), mappings[first].range.begin,
                       mappings[last].range.end);
  }
}

} // namespace

struct Backtrace::Session {
  Dwfl_Callbacks callbacks{};
  Dwfl* dwfl = nullptr;
  /// By place in the code. A program may make the same call a hundred thousand times, and libdw
  /// looks through all symbols of a file each time.
  std::unordered_map<Dwarf_Addr, Frame> known;

  const Frame& frame(Dwarf_Addr at, bool is_activation) {
    const auto [found, is_new] = known.try_emplace(at);
    if (is_new)
      found->second = frame_at(dwfl, at, is_activation);
    return found->second;
  }
};

Backtrace::Backtrace(pid_t thread, std::span<const Mapping> mappings)
    : session_(std::make_unique<Session>()) {
  session_->callbacks.find_elf = dwfl_linux_proc_find_elf;
  session_->callbacks.find_debuginfo = dwfl_standard_find_debuginfo;
  session_->dwfl = dwfl_begin(&session_->callbacks);
  if (session_->dwfl == nullptr)
    return;
  dwfl_report_begin(session_->dwfl);
  report_modules(session_->dwfl, mappings);
  dwfl_report_end(session_->dwfl, nullptr, nullptr);
  dwfl_linux_proc_attach(session_->dwfl, thread, true);
}

Backtrace::~Backtrace() {
  dwfl_end(session_->dwfl);
}

Frame Backtrace::caller(pid_t thread, std::string_view library) const {
  struct Walk {
    Session& session;
    std::string_view library;
    std::size_t frames = 0;
    std::optional<Frame> innermost, caller;
  } walk{*session_, file_name(library), 0, {}, {}};
  const auto visit = [](Dwfl_Frame* state, void* context) -> int {
    constexpr std::size_t kMostFrames = 16;
    auto& all = *static_cast<Walk*>(context);
    Dwarf_Addr at = 0;
    bool is_activation = false;
    if (++all.frames > kMostFrames || !dwfl_frame_pc(state, &at, &is_activation))
      return DWARF_CB_ABORT;
    const Frame& frame = all.session.frame(at, is_activation);
    if (!all.innermost)
      all.innermost = frame;
    if (only_makes_the_call(frame.function) ||
        (!frame.object.empty() && file_name(frame.object) == all.library))
      return DWARF_CB_OK;
    all.caller = frame;
    return DWARF_CB_ABORT;
  };
  if (session_->dwfl != nullptr)
    dwfl_getthread_frames(session_->dwfl, thread, visit, &walk);
  return walk.caller.value_or(walk.innermost.value_or(Frame{}));
}

} // namespace sealwax::cli::learn
