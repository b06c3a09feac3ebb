// SPDX-License-Identifier: Apache-2.0
#include "shim/loader/loader.hpp"

#include "shim/kernel/arch/arch.hpp"
#include "shim/loader/chain.hpp"

#include <dlfcn.h>
#include <string_view>

extern "C" {
[[gnu::visibility("hidden")]] extern const Elf64_Ehdr __ehdr_start; // from the linker
}
#pragma weak _r_debug // link.h declares it; for programs without DT_DEBUG

namespace sealwax::shim {
namespace {

/// By this a copy of the library knows another, whatever file or DT_SONAME it has: nothing else has
/// such a variable of just these bytes by accident. They stay the same from version to version.
struct Identity {
  char bytes[32];
};
constexpr Identity kIdentity{"libsealwax.so of Sealwax"};
constexpr SymbolName kIdentityName{"sealwax_shim_identity"};

Slice<const Elf64_Phdr> headers_at(Address at, std::size_t count) {
  return {reinterpret_cast<const Elf64_Phdr*>(at), count};
}

LoadedObject program_of(const StartupVector& startup) {
  LoadedObject program;
  program.headers = headers_at(startup.program_headers, startup.program_header_count);
  for (const Elf64_Phdr& header : program.headers)
    if (header.p_type == PT_PHDR)
      program.bias = startup.program_headers - header.p_vaddr;
  return program;
}

/// DT_DEBUG of the program leads to the r_debug that ld.so keeps up to date; the symbol can be a
/// copy in a program that refers to it (glibc elf/dl-debug.c).
const r_debug* find_debug(const LoadedObject& program) {
  if (const DynamicSection dynamic = program.dynamic(); dynamic.debug() != 0)
    return reinterpret_cast<const r_debug*>(dynamic.debug());
  return &_r_debug;
}

/// Versions of glibc's names; what a library defines under another nobody's call of libc reaches.
/// musl does not look at them.
constexpr std::string_view kGlibcVersions = "GLIBC_";

std::string_view text_or_empty(const char* text) {
  return text == nullptr ? std::string_view{} : std::string_view{text};
}

/// musl's libc is its loader too. Debian's has no DT_SONAME, and a program names it either way.
bool is_libc_of_musl(std::string_view soname, std::string_view name) {
  return soname == "libc.so" || soname.starts_with("libc.musl-") ||
         name.find("/ld-musl-") != std::string_view::npos || name.ends_with("/libc.so");
}

const link_map* next_object(const link_map& map) {
  return map.l_next;
}
using Objects = Chain<link_map, next_object>;

Objects objects_of(const r_debug* debug) {
  return Objects{debug == nullptr ? nullptr : debug->r_map};
}

/// The list of namespaces that glibc 2.35 and later hang behind struct r_debug (link.h there,
/// struct r_debug_extended); r_version says whether it is one.
struct ExtendedDebug {
  r_debug base;
  const ExtendedDebug* next;
};
const ExtendedDebug* next_namespace(const ExtendedDebug& debug) {
  return debug.next;
}
Chain<ExtendedDebug, next_namespace> namespaces_behind(const r_debug* debug) {
  const bool extended = debug != nullptr && debug->r_version >= 2;
  return Chain<ExtendedDebug, next_namespace>{
      extended ? reinterpret_cast<const ExtendedDebug*>(debug)->next : nullptr};
}

/// Program headers of an object of which only the load bias is known. They are looked for where
/// every linker puts them, behind the ELF header at the start of a mapping; an object linked any
/// other way is not found.
Slice<const Elf64_Phdr> headers_of(Maps& maps, Address bias) {
  Vma vma;
  if (bias == 0 || !maps.find(bias, Maps::Match::covering, vma) || vma.range.begin != bias ||
      !vma.readable)
    return {};
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(bias);
  if (std::string_view{reinterpret_cast<const char*>(header->e_ident), SELFMAG} != ELFMAG)
    return {};
  const Range table{bias + header->e_phoff,
                    bias + header->e_phoff + header->e_phnum * sizeof(Elf64_Phdr)};
  return vma.range.contains(table) ? headers_at(table.begin, header->e_phnum)
                                   : Slice<const Elf64_Phdr>{};
}

} // namespace

/// Of several the last counts, as for both loaders (glibc elf/dl-load.c, _dl_map_object_from_fd;
/// musl ldso/dynlink.c, map_library). glibc passes over an empty one.
DynamicSection LoadedObject::dynamic() const {
  const Elf64_Phdr* last = nullptr;
  for (const Elf64_Phdr& header : headers)
    if (header.p_type == PT_DYNAMIC && header.p_filesz != 0)
      last = &header;
  // Where the others lead nobody may be able to read.
  return last == nullptr
             ? DynamicSection{}
             : DynamicSection{bias, reinterpret_cast<const Elf64_Dyn*>(bias + last->p_vaddr)};
}

LoadedObject object_at(Address at) {
  LoadedObject object;
  object.bias = at;
  if (at != 0) {
    const auto* const header = reinterpret_cast<const Elf64_Ehdr*>(at);
    object.headers = headers_at(at + header->e_phoff, header->e_phnum);
  }
  return object;
}

LoadedObject own_object() {
  return object_at(reinterpret_cast<Address>(&__ehdr_start));
}

Loader Loader::find(const StartupVector& startup) {
  Loader loader;
  loader.vdso_ = startup.vdso;
  loader.interpreter_ = startup.interpreter;
  loader.program_ = program_of(startup);
  loader.debug_ = find_debug(loader.program_);
  if (loader.debug_ == nullptr)
    return loader;
  // What can wait is looked up when it is needed: most programs load nothing while they run, and
  // each name costs five cold cache lines.
  for (const link_map& map : objects_of(loader.debug_)) {
    if (map.l_ld == _DYNAMIC || (map.l_addr == loader.vdso_ && map.l_addr != 0))
      continue; // no C library, and each look costs cold cache lines
    const DynamicSection dynamic{map.l_addr, map.l_ld};
    const std::string_view soname = text_or_empty(dynamic.soname());
    const bool is_glibc = soname == "libc.so.6";
    // Before glibc 2.34 dlopen and its kin lived in a library of their own.
    const bool is_libdl = soname == "libdl.so.2";
    if (!is_glibc && !is_libdl && !is_libc_of_musl(soname, text_or_empty(map.l_name)))
      continue;
    if (is_glibc) {
      loader.is_glibc_ = true;
      loader.libc_ = map.l_addr;
    }
    if (!is_libdl)
      loader.iterate_ = reinterpret_cast<Iterate>(dynamic.function("dl_iterate_phdr"));
    if (!loader.tables_.exists() && dynamic.function("dlsym") != 0)
      loader.tables_ = dynamic;
    if (loader.iterate_ != nullptr && loader.tables_.exists())
      break;
  }
  if (loader.is_glibc_)
    loader.base_ = loader.find_base();
  return loader;
}

/// How glibc's struct rtld_global has begun since 2.4 (sysdeps/generic/ldsodefs.h, struct
/// link_namespaces).
struct Loader::NamespaceHead {
  const link_map* first;
  unsigned count;
};

/// A private variable, so it is believed only where it says what the public list says.
const Loader::NamespaceHead* Loader::find_base() const {
  const Address at =
      interpreter_ == 0 ? 0 : object_at(interpreter_).dynamic().variable("_rtld_global");
  if (at == 0)
    return nullptr;
  const auto* const head = reinterpret_cast<const NamespaceHead*>(at);
  unsigned count = 0;
  for ([[maybe_unused]] const link_map& map : objects_of(debug_))
    ++count;
  return head->first == debug_->r_map && head->count == count ? head : nullptr;
}

std::optional<unsigned> Loader::object_count() const {
  if (base_ == nullptr)
    return std::nullopt;
  return __atomic_load_n(&base_->count, __ATOMIC_RELAXED);
}

bool Loader::has_other_namespaces() const {
  const auto others = namespaces_behind(debug_);
  return !(others.begin() == others.end());
}

extern "C" {
[[gnu::visibility("default")]] extern constinit const Identity sealwax_shim_identity = kIdentity;
}

bool Loader::is_second_copy() const {
  for (const link_map& map : objects_of(debug_)) {
    if (map.l_ld == _DYNAMIC)
      return false;
    if (&map == debug_->r_map || map.l_addr == vdso_) // the program itself, the kernel's
      continue;
    if (DynamicSection{map.l_addr, map.l_ld}.has_variable(
            kIdentityName, {kIdentity.bytes, sizeof kIdentity.bytes}))
      return true;
  }
  return false;
}

std::string_view Loader::name_of(Address bias) const {
  for (const link_map* map = debug_ == nullptr ? nullptr : debug_->r_map; map != nullptr;
       map = map->l_next)
    if (map->l_addr == bias)
      return text_or_empty(map->l_name);
  return {};
}

LoadCounters Loader::counters() const {
  LoadCounters counters;
  if (iterate_ != nullptr)
    iterate_(
        [](dl_phdr_info* info, std::size_t size, void* context) {
          // glibc before 2.4 had no counters (dl_iterate_phdr(3)).
          if (size >= offsetof(dl_phdr_info, dlpi_subs) + sizeof info->dlpi_subs)
            *static_cast<LoadCounters*>(context) = {info->dlpi_adds, info->dlpi_subs};
          return 1;
        },
        &counters);
  return counters;
}

void Loader::run_locked(void (*action)(void*), void* context) const {
  struct Closure {
    void (*action)(void*);
    void* context;
  } closure{action, context};
  if (iterate_ == nullptr) {
    action(context);
    return;
  }
  iterate_(
      [](dl_phdr_info*, std::size_t, void* opaque) {
        const auto* const inner = static_cast<Closure*>(opaque);
        inner->action(inner->context);
        return 1;
      },
      &closure);
}

void Loader::visit_all(Maps& maps, ObjectVisitor visit, void* context) const {
  struct Closure {
    ObjectVisitor visit;
    void* context;
    Address vdso;
  } closure{visit, context, vdso_};
  if (iterate_ == nullptr)
    visit_link_maps(maps, debug_, LM_ID_BASE, visit, context);
  else
    iterate_(
        [](dl_phdr_info* info, std::size_t, void* opaque) {
          const auto* const inner = static_cast<Closure*>(opaque);
          LoadedObject object;
          object.bias = info->dlpi_addr;
          object.headers = {info->dlpi_phdr, info->dlpi_phnum};
          object.name = text_or_empty(info->dlpi_name);
          // glibc lists the vdso as an object; it is the kernel's, and a region of its own.
          if (object.bias != inner->vdso || inner->vdso == 0)
            inner->visit(object, inner->context);
          return 0;
        },
        &closure);
  long name_space = LM_ID_BASE;
  for (const ExtendedDebug& next : namespaces_behind(debug_))
    visit_link_maps(maps, &next.base, ++name_space, visit, context);
}

void Loader::visit_link_maps(Maps& maps, const r_debug* list, long name_space, ObjectVisitor visit,
                             void* context) const {
  // Where nothing needs ld.so, as without libc, glibc does not list it.
  bool interpreter_seen = name_space != LM_ID_BASE || interpreter_ == 0;
  for (const link_map& map : objects_of(list)) {
    interpreter_seen |= map.l_addr == interpreter_;
    LoadedObject object;
    object.bias = map.l_addr;
    object.name = text_or_empty(map.l_name);
    object.name_space = name_space;
    if (object.bias == vdso_ && vdso_ != 0)
      continue;
    const bool is_program = name_space == LM_ID_BASE && &map == list->r_map;
    object.headers = is_program ? program_.headers : headers_of(maps, object.bias);
    if (!object.headers.empty())
      visit(object, context);
  }
  if (!interpreter_seen) {
    LoadedObject object;
    object.bias = interpreter_;
    object.headers = headers_of(maps, interpreter_);
    if (!object.headers.empty())
      visit(object, context);
  }
}

/// Where glibc (2.34 and later) keeps the calling thread's pending error; null where it does not.
/// Read from libc's own symbol table: a private name, and nothing depends on its being there.
void** Loader::pending_dlerror() const {
  if (!is_glibc_)
    return nullptr;
  const std::optional<std::size_t> offset = tables_.thread_local_offset("__libc_dlerror_result");
  if (!offset)
    return nullptr;
  struct Closure {
    Address libc;
    void* block;
  } closure{libc_, nullptr};
  iterate_(
      [](dl_phdr_info* info, std::size_t, void* opaque) {
        auto* const inner = static_cast<Closure*>(opaque);
        if (info->dlpi_addr != inner->libc)
          return 0;
        inner->block = info->dlpi_tls_data;
        return 1;
      },
      &closure);
  return closure.block == nullptr
             ? nullptr
             : reinterpret_cast<void**>(static_cast<char*>(closure.block) + *offset);
}

/// An internal load (a name service or character set module) leaves a program's pending error as it
/// is. Pinning it must too, so the error is put aside: with none pending a dlopen that succeeds
/// touches nothing (glibc dlfcn/dlerror.c, _dlerror_run). The error of one that fails is dropped,
/// and with it a few bytes that glibc allocated.
bool Loader::pin(const char* name) const {
  void** const pending = pending_dlerror();
  void* const saved = pending == nullptr ? nullptr : *pending;
  if (pending != nullptr)
    *pending = nullptr;
  const bool pinned = open_to_keep(name);
  if (pending != nullptr)
    *pending = saved;
  return pinned;
}

bool Loader::open_to_keep(const char* name) const {
  constexpr int kKeep = RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE;
  if (!is_glibc_)
    return true; // musl never unloads anything, and its dlopen has no such flags
  const auto open = reinterpret_cast<Open>(function(LoaderFunction::dlopen));
  return open != nullptr && open(name, kKeep) != nullptr;
}

void Loader::find_next(const StartupVector& startup, Slice<const SymbolName> names,
                       Slice<Address> found) const {
  const std::string_view versions = is_glibc_ ? kGlibcVersions : std::string_view{};
  bool behind_this_library = false;
  for (const link_map& map : objects_of(debug_)) {
    if (map.l_ld == _DYNAMIC) {
      behind_this_library = true;
      continue;
    }
    // What comes behind libc in the search order is never called.
    if (is_glibc_ && map.l_addr == libc_)
      return;
    if (!behind_this_library || map.l_addr == vdso_)
      continue;
    const DynamicSection dynamic{map.l_addr, map.l_ld};
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (found[i] != 0 || !dynamic.may_define(names[i]))
        continue;
      const FunctionSymbol next = dynamic.interposer(names[i], versions);
      found[i] = next.is_resolver ? arch::resolve(next.at, startup.hwcap, startup.hwcap2) : next.at;
    }
  }
}

Address Loader::definition(const SymbolName& name) const {
  for (const link_map& map : objects_of(debug_)) {
    const DynamicSection dynamic{map.l_addr, map.l_ld};
    if (map.l_ld == _DYNAMIC || !dynamic.may_define(name))
      continue;
    if (const Address found = dynamic.function(name); found != 0)
      return found;
  }
  return 0;
}

Address Loader::function(LoaderFunction which) const {
  return tables_.exists() ? tables_.function(kInterposedNames.of[index_of(which)]) : 0;
}

bool Loader::is_consistent() const {
  return debug_ != nullptr && debug_->r_state == r_debug::RT_CONSISTENT;
}

} // namespace sealwax::shim
