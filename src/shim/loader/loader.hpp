// SPDX-License-Identifier: Apache-2.0
// What the dynamic loader has loaded, and the loader's own functions.
#pragma once

#include "model/slice.hpp"
#include "shim/kernel/maps.hpp"
#include "shim/loader/dynamic_section.hpp"
#include "shim/loader/next_definitions.hpp"
#include "shim/loader/startup_vector.hpp"

#include <cstddef>
#include <cstdint>
#include <elf.h>
#include <link.h>
#include <optional>
#include <string_view>

namespace sealwax::shim {

struct LoadedObject {
  Address bias = 0;
  Slice<const Elf64_Phdr> headers;
  std::string_view name; ///< the loader's; empty for the program itself
  long name_space = 0;   ///< LM_ID_BASE is 0

  /// Identifies the object for as long as it is loaded.
  [[nodiscard]] Address key() const { return reinterpret_cast<Address>(headers.data()); }
  [[nodiscard]] DynamicSection dynamic() const;
};

/// An object whose ELF header lies at `at`, linked at 0; without headers where `at` is 0.
[[nodiscard]] LoadedObject object_at(Address at);

/// This library.
[[nodiscard]] LoadedObject own_object();

/// How many loads and unloads the loader has counted (dlpi_adds, dlpi_subs).
struct LoadCounters {
  unsigned long long loads = 0;
  unsigned long long unloads = 0;
  bool operator==(const LoadCounters&) const = default;
};

/// The loader's functions are taken from libc's own tables: a name could be interposed, or be the
/// shim's own. On glibc a scan runs under the loader's write lock, which fork does not reset: never
/// scan in a forked child whose parent had threads, unless the loader itself has just proved that
/// the lock is free.
class Loader {
public:
  using Open = void* (*)(const char*, int); ///< dlopen's

  /// Finds libc among the loaded objects. Call it in the main thread, before the program runs.
  static Loader find(const StartupVector& startup);

  /// Whether another copy of this library comes before this one (one in /etc/ld.so.preload, another
  /// in LD_PRELOAD): then the load hook and the interposed functions are that one's.
  [[nodiscard]] bool is_second_copy() const;

  /// The loader's name for the object with this load bias; empty where it knows none.
  [[nodiscard]] std::string_view name_of(Address bias) const;

  [[nodiscard]] bool is_glibc() const { return is_glibc_; }
  /// Another libc than glibc, with a dlopen of its own.
  [[nodiscard]] bool is_musl() const { return !is_glibc_ && tables_.exists(); }

  [[nodiscard]] LoadCounters counters() const;

  /// How many objects the program's namespace has, without the lock: somebody may be walking the
  /// list and waiting for this thread. Empty where the loader keeps that elsewhere.
  [[nodiscard]] std::optional<unsigned> object_count() const;
  /// Whether there are namespaces beside the program's, as far as glibc 2.35 and later tell.
  [[nodiscard]] bool has_other_namespaces() const;
  [[nodiscard]] bool unloads() const { return is_glibc_; }

  /// Calls `visit(const LoadedObject&)` for every object of every namespace that can be reached, in
  /// the order of loading within each.
  template <typename Visit>
  void for_each_object(Maps& maps, Visit visit) const {
    visit_all(
        maps,
        [](const LoadedObject& object, void* context) { (*static_cast<Visit*>(context))(object); },
        &visit);
  }

  /// Runs `action()` while the loader's list stands still (glibc; on musl, which never unloads, it
  /// may grow). Scans nest in it; dlopen must not be called in it.
  template <typename Action>
  void with_list_still(Action action) const {
    run_locked([](void* context) { (*static_cast<Action*>(context))(); }, &action);
  }
  /// Whether that keeps other threads out of it.
  [[nodiscard]] bool keeps_other_threads_out() const { return is_glibc_; }

  /// Makes the object of the program's namespace with this name, and with it everything that it
  /// needs, stay loaded until the process ends. It must be the root of its load group: on a
  /// dependency that is still being loaded this would run constructors out of turn. Replaces the
  /// pending dlerror().
  [[nodiscard]] bool pin(const char* name) const;

  /// For each name the next definition behind this library, in the program's search order; 0 where
  /// there is none or only glibc has one. Before the program runs, when the list is that order. A
  /// definition of type IFUNC is resolved, as glibc does when it binds a name.
  void find_next(const StartupVector& startup, Slice<const SymbolName> names,
                 Slice<Address> found) const;

  /// The first definition of a function in an object of the program's namespace that is not this
  /// library; 0 where there is none.
  [[nodiscard]] Address definition(const SymbolName& name) const;

  /// The loader's own function; 0 where nobody has it yet.
  [[nodiscard]] Address function(LoaderFunction which) const;

  /// Whether the loader has relocated all that it has loaded.
  [[nodiscard]] bool is_consistent() const;
  /// Whether it says that it is in the middle of mapping or unmapping something.
  [[nodiscard]] bool is_changing() const { return debug_ != nullptr && !is_consistent(); }

private:
  using ObjectVisitor = void (*)(const LoadedObject&, void*);
  void visit_all(Maps& maps, ObjectVisitor visit, void* context) const;
  void visit_link_maps(Maps& maps, const r_debug* list, long name_space, ObjectVisitor visit,
                       void* context) const;
  void run_locked(void (*action)(void*), void* context) const;
  void** pending_dlerror() const;
  bool open_to_keep(const char* name) const;

  using Iterate = int (*)(int (*)(dl_phdr_info*, std::size_t, void*), void*);
  struct NamespaceHead;
  [[nodiscard]] const NamespaceHead* find_base() const;

  const r_debug* debug_ = nullptr;
  const NamespaceHead* base_ = nullptr; ///< the program's namespace
  LoadedObject program_;
  Iterate iterate_ = nullptr;
  Address vdso_ = 0;
  Address interpreter_ = 0;
  Address libc_ = 0;      ///< glibc's load bias
  DynamicSection tables_; ///< where dlopen and its kin are: libc's, or before glibc 2.34 libdl's
  bool is_glibc_ = false;
};

} // namespace sealwax::shim
