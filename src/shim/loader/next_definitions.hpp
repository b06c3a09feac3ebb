// The functions that the interposed memory calls stand in front of.
#pragma once

#include "model/memory_function.hpp"
#include "model/range.hpp"
#include "shim/loader/loader.hpp"

#include <cstddef>
#include <utility>

namespace sealwax::shim {

/// Their names, in the order of MemoryFunction.
struct MemoryFunctionNames {
  SymbolName of[kMemoryFunctions];
};
template <std::size_t... Is>
consteval MemoryFunctionNames memory_function_names(std::index_sequence<Is...>) {
  return {{SymbolName{kMemoryFunctionFacts[Is].name}...}};
}
inline constexpr MemoryFunctionNames kMemoryFunctionNames =
    memory_function_names(std::make_index_sequence<kMemoryFunctions>{});

/// What the program would have called without the shim: the next definition in the order of its
/// search scope, such as another preloaded library's. 0: there is none, or it is glibc's, which
/// makes the system call and does nothing else.
struct NextDefinitions {
  Address next[kMemoryFunctions] = {};
  [[nodiscard]] Address of(MemoryFunction function) const {
    return next[static_cast<std::size_t>(function)];
  }
};

} // namespace sealwax::shim
