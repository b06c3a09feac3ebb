// SPDX-License-Identifier: Apache-2.0
// The functions that the interposed ones stand in front of.
#pragma once

#include "model/enumerated.hpp"
#include "model/range.hpp"
#include "model/report/memory_function.hpp"
#include "shim/loader/dynamic_section.hpp"
#include "shim/loader/function_numbers.h"

#include <cstddef>
#include <utility>

namespace sealwax::shim {

enum class LoaderFunction {
  dlopen = SEALWAX_DLOPEN,
  dlmopen = SEALWAX_DLMOPEN,
  dlsym = SEALWAX_DLSYM,
};

struct LoaderFunctionFacts {
  LoaderFunction function;
  SymbolName name;
};
inline constexpr LoaderFunctionFacts kLoaderFunctionFacts[] = {
    {LoaderFunction::dlopen, "dlopen"},
    {LoaderFunction::dlmopen, "dlmopen"},
    {LoaderFunction::dlsym, "dlsym"},
};
static_assert(in_order(kLoaderFunctionFacts, &LoaderFunctionFacts::function,
                       LoaderFunction::dlsym));
inline constexpr std::size_t kLoaderFunctions =
    sizeof kLoaderFunctionFacts / sizeof *kLoaderFunctionFacts;

/// Where a function stands among all that are interposed: the memory functions come first.
constexpr std::size_t index_of(MemoryFunction function) {
  return static_cast<std::size_t>(function);
}
constexpr std::size_t index_of(LoaderFunction function) {
  return kMemoryFunctions + static_cast<std::size_t>(function);
}
inline constexpr std::size_t kInterposed = kMemoryFunctions + kLoaderFunctions;

struct InterposedNames {
  SymbolName of[kInterposed];
};
template <std::size_t... Memory, std::size_t... Loader>
consteval InterposedNames interposed_names(std::index_sequence<Memory...>,
                                           std::index_sequence<Loader...>) {
  return {{SymbolName{kMemoryFunctionFacts[Memory].name}...,
           SymbolName{kLoaderFunctionFacts[Loader].name}...}};
}
inline constexpr InterposedNames kInterposedNames = interposed_names(
    std::make_index_sequence<kMemoryFunctions>{}, std::make_index_sequence<kLoaderFunctions>{});

/// What the program would have called without the shim: the next definition in the order of its
/// search scope, such as another preloaded library's. 0: there is none, or it is libc's own.
struct NextDefinitions {
  Address next[kInterposed] = {};
  template <typename Function>
  [[nodiscard]] Address of(Function function) const {
    return next[index_of(function)];
  }
};

} // namespace sealwax::shim
