// SPDX-License-Identifier: Apache-2.0
#include "shim/entry/open_on_musl.hpp"

#include "model/object/tiny_object.hpp"
#include "shim/entry/load_hook.hpp"
#include "shim/kernel/arch/arch.hpp"
#include "shim/kernel/errno_guard.hpp"
#include "shim/kernel/message.hpp"
#include "shim/seal/late/late_loads.hpp"
#include "shim/state/state.hpp"

#include <dlfcn.h>

namespace sealwax::shim {
namespace {

/// Names that brought nothing that was not loaded already: other paths of a library, and libc's own
/// (libm.so, say). musl unloads nothing, so the small objects stay, and are left no more often than
/// there is room here.
class VainNames {
public:
  [[nodiscard]] bool is_full() const {
    return count_.load(std::memory_order_relaxed) >= std::size(hashes_);
  }
  [[nodiscard]] bool has(std::string_view name) const {
    const std::uint64_t wanted = hash_of(name);
    for (const std::atomic<std::uint64_t>& hash : hashes_)
      if (hash.load(std::memory_order_relaxed) == wanted)
        return true;
    return false;
  }
  void add(std::string_view name) {
    if (const std::size_t at = count_.fetch_add(1, std::memory_order_relaxed);
        at < std::size(hashes_))
      hashes_[at].store(hash_of(name), std::memory_order_relaxed);
  }

private:
  /// Of two names with one hash the second is sealed behind its initialisers.
  static std::uint64_t hash_of(std::string_view name) {
    std::uint64_t hash = 1;
    for (const char c : name)
      hash = hash * 31 + static_cast<unsigned char>(c);
    return hash;
  }
  std::atomic<std::size_t> count_ = 0;
  std::atomic<std::uint64_t> hashes_[16] = {};
};
constinit VainNames vain_names;

/// The initialiser of the object that is loaded in front of a library.
void before_initialisers() {
  at_new_load(0);
}

/// A file in memory for as long as its descriptor is needed, whose number is none that the program
/// would be given for what it opens meanwhile.
class MemoryFile {
public:
  explicit MemoryFile(const TinyObject& object) {
    constexpr int kBeyondMost = 512;
    const Reply made = Kernel::make_memory_file();
    if (!made.ok())
      return;
    descriptor_ = static_cast<int>(made.value());
    if (const Reply moved = Kernel::duplicate(descriptor_, kBeyondMost); moved.ok()) {
      Kernel::close(descriptor_);
      descriptor_ = static_cast<int>(moved.value());
    }
    path_ << "/proc/self/fd/" << static_cast<std::uint64_t>(descriptor_);
    if (const auto is = state.kernel.file(descriptor_))
      identity_ = is->identity;
    const std::string_view bytes = object.file();
    const Reply written = state.kernel.write(descriptor_, bytes);
    is_whole_ = identity_.is_file() && written.ok() &&
                static_cast<std::size_t>(written.value()) == bytes.size();
  }
  /// An initialiser can have closed it, and its number can be another file's by now.
  ~MemoryFile() {
    if (const auto is = state.kernel.file(descriptor_); is && is->identity == identity_)
      Kernel::close(descriptor_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  [[nodiscard]] bool is_whole() const { return is_whole_; }
  [[nodiscard]] Message& path() { return path_; }

private:
  int descriptor_ = -1;
  FileIdentity identity_;
  bool is_whole_ = false;
  Message path_;
};

struct Listed {
  unsigned objects = 0;
  bool has_name = false; ///< that was asked for
};

/// As musl looks for it before it opens a file (ldso/dynlink.c, load_library): by its whole path,
/// or by its last part where a name has no slash.
Listed look_for(std::string_view file) {
  Listed listed;
  Maps maps{state.kernel};
  frozen.loader.for_each_object(maps, [&](const LoadedObject& object) {
    ++listed.objects;
    std::string_view name = object.name;
    if (file.find('/') == std::string_view::npos)
      name.remove_prefix(name.rfind('/') + 1); // npos + 1 is 0
    listed.has_name |= name == file;
  });
  return listed;
}

bool is_under_no_filter() {
  return frozen.filter.known && frozen.filter.count == 0 && has_inherited_filters_only();
}

bool seals_late_loads() {
  return state.kernel.may(Call::mseal) &&
         (frozen.process.late_loads != LateLoads::skip || frozen.policy.names_objects());
}

/// Whether the hook is to be brought along, and may be.
bool wants_hook(int flags) {
  return (flags & RTLD_NOLOAD) == 0 && seals_late_loads() && !vain_names.is_full() &&
         is_under_no_filter();
}

enum class Attempt { none, failed, done };

/// Loads `file` behind the hook.
Attempt load_behind_hook(Loader::Open next, std::string_view file, int flags) {
  const Listed before = look_for(file);
  if (before.has_name || vain_names.has(file))
    return Attempt::none;
  MemoryFile hook{
      TinyObject::that_calls(arch::kObjectKind, reinterpret_cast<Address>(before_initialisers))};
  const auto root = TinyObject::that_needs(arch::kObjectKind, hook.path().text(), file);
  if (!root || !hook.is_whole())
    return Attempt::none;
  MemoryFile bundle{*root};
  if (!bundle.is_whole())
    return Attempt::none;
  if (next(bundle.path().c_string(), flags) == nullptr)
    return Attempt::failed;
  constexpr unsigned kSmallObjects = 2;
  if (look_for(file).objects <= before.objects + kSmallObjects)
    vain_names.add(file);
  return Attempt::done;
}

/// Of what was tried here, where the program's own load then went well.
void forget_error() {
  constexpr SymbolName kLastError{"dlerror"};
  if (const Address at = frozen.loader.definition(kLastError); at != 0)
    static_cast<void>(reinterpret_cast<char* (*)()>(at)()); // asked for only to be forgotten
}

} // namespace

void* open_on_musl(Loader::Open next, const char* file, int flags) {
  const int before = errno_or(0);
  const Attempt attempt = wants_hook(flags) ? load_behind_hook(next, file, flags) : Attempt::none;
  if (attempt != Attempt::done)
    set_errno(before);
  void* const handle = next(file, flags);
  if (handle == nullptr)
    return nullptr;
  const ErrnoGuard guard;
  if (attempt == Attempt::failed)
    forget_error();
  if (!state.fork_mark.in_forked_child())
    seal_late_objects(Pinning::now);
  return handle;
}

} // namespace sealwax::shim
