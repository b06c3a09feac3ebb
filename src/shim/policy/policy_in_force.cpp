#include "shim/policy/policy_in_force.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>

namespace sealwax::shim {
namespace {

constexpr const char* kSystemPolicy = SEALWAX_SYSTEM_POLICY;
constexpr std::size_t kLargest = std::size_t{1} << 20; // bytes; some 15,000 sections

/// An open policy file, read once from its begin to its end.
class PolicyDescriptor {
public:
  explicit PolicyDescriptor(Reply opened) : descriptor_(static_cast<int>(opened.value())) {}
  ~PolicyDescriptor() { Kernel::close(descriptor_); }
  PolicyDescriptor(const PolicyDescriptor&) = delete;
  PolicyDescriptor& operator=(const PolicyDescriptor&) = delete;

  /// Returns an errno value, 0 for success.
  int check_owner(Kernel& kernel) const {
    const Result<Kernel::File, int> file = kernel.file(descriptor_);
    if (!file)
      return file.error();
    const bool roots = file->owner == 0 && (file->mode & (S_IWGRP | S_IWOTH)) == 0;
    return roots && S_ISREG(file->mode) ? 0 : EPERM;
  }
  /// What a PolicyInput reads by. An error ends the text, and is in error().
  static std::size_t read(void* file, Slice<char> into) {
    return static_cast<PolicyDescriptor*>(file)->read_piece(into);
  }
  [[nodiscard]] int error() const { return error_; }

private:
  std::size_t read_piece(Slice<char> into) {
    if (error_ != 0)
      return 0;
    const Reply got = Kernel::read(descriptor_, into);
    error_ = got.error();
    if (error_ != 0)
      return 0;
    const auto size = static_cast<std::size_t>(got.value());
    total_ += size;
    if (total_ >= kLargest)
      error_ = EFBIG;
    return size;
  }

  int descriptor_;
  int error_ = 0;
  std::size_t total_ = 0;
};

void blame_file(LoadedPolicy& loaded, const char* path, int error) {
  loaded = LoadedPolicy{};
  loaded.fault.message = error == EPERM   ? "not owned by root or writable by others"
                         : error == EFBIG ? "larger than 1 MiB"
                                          : "cannot be read";
  loaded.fault.path = path;
  loaded.fault.error = error;
}

void discard(LoadedPolicy& loaded) {
  if (!loaded.storage.empty())
    Kernel::unmap(loaded.storage.begin(), loaded.storage.size());
  loaded = LoadedPolicy{};
}

/// Compiles into pages that are cut to what was used and made read-only. Untouched pages of the
/// reservation cost nothing: of a file of any size, those of the window in front are all.
void compile(LoadedPolicy& loaded, const char* path, PolicyDescriptor& file,
             std::string_view program, PageSize page) {
  const std::size_t window = page.up(PolicyInput::kWindow);
  const std::size_t bound = page.up(ProgramPolicy::storage_bound(kLargest));
  const Reply mapped = Kernel::map_pages(window + bound, false);
  if (!mapped.ok()) {
    blame_file(loaded, path, mapped.error());
    return;
  }
  const Address begin = mapped.address();
  const Address storage = begin + window;
  PolicyInput input;
  input.window = {reinterpret_cast<char*>(begin), PolicyInput::kWindow};
  input.source = &file;
  input.read = PolicyDescriptor::read;
  const Result<ProgramPolicy, PolicyError> compiled =
      ProgramPolicy::compile(input, program, {reinterpret_cast<char*>(storage), bound});
  const std::size_t used = compiled && file.error() == 0 ? compiled->storage_used() : 0;
  Reply made_constant{0};
  loaded.storage = page.covering({storage, storage + used});
  Kernel::unmap(begin, used == 0 ? window + bound : window);
  if (used != 0) {
    Kernel::unmap(loaded.storage.end(), storage + bound - loaded.storage.end());
    made_constant = Kernel::protect(loaded.storage, PROT_READ);
  }
  if (file.error() != 0) {
    blame_file(loaded, path, file.error());
  } else if (!compiled) {
    const PolicyError& error = compiled.error();
    loaded.fault = {error.message, path, error.line, error.column, 0, error.report_to};
  } else if (!made_constant.ok()) {
    discard(loaded);
    blame_file(loaded, path, made_constant.error());
  } else {
    loaded.policy = *compiled;
  }
}

LoadedPolicy load_file(Kernel& kernel, Maps& maps, const StartupVector& startup, const char* path,
                       bool optional) {
  LoadedPolicy loaded;
  const Reply opened = Kernel::open_to_read(path);
  if (!opened.ok()) {
    const bool absent = opened.error() == ENOENT || opened.error() == ENOTDIR;
    if (!absent || !optional)
      blame_file(loaded, path, opened.error());
    return loaded;
  }
  PolicyDescriptor file{opened};
  if (const int error = startup.secure ? file.check_owner(kernel) : 0; error != 0)
    blame_file(loaded, path, error);
  else
    compile(loaded, path, file, program_path(maps, startup), startup.page);
  return loaded;
}

} // namespace

std::string_view program_path(Maps& maps, const StartupVector& startup) {
  Vma vma;
  if (maps.find(startup.program_headers, Maps::Match::covering, vma) && !maps.name().empty()) {
    std::string_view path = maps.name();
    constexpr std::string_view kDeleted = " (deleted)"; // proc_pid_maps(5)
    if (path.ends_with(kDeleted))
      path.remove_suffix(kDeleted.size());
    return path;
  }
  return startup.exec_name == nullptr ? std::string_view{} : std::string_view{startup.exec_name};
}

LoadedPolicy load_policy(Kernel& kernel, Maps& maps, const StartupVector& startup) {
  LoadedPolicy loaded = load_file(kernel, maps, startup, kSystemPolicy, true);
  bool replaced = false;
  const std::string_view path = startup.variable("SEALWAX_POLICY", replaced);
  // A system policy that could not be read may have said `deny`.
  const bool denied =
      loaded.fault.message != nullptr || loaded.policy.process().environment == Environment::deny;
  if (!replaced || path.empty() || denied)
    return loaded;
  discard(loaded);
  if (path.front() != '/') {
    loaded.fault = {"SEALWAX_POLICY is no absolute path", path};
    return loaded;
  }
  return load_file(kernel, maps, startup, path.data(), false);
}

} // namespace sealwax::shim
