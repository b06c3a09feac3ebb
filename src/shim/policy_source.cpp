#include "shim/policy_source.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>

namespace sealwax::shim {
namespace {

constexpr const char* kSystemPolicy = SEALWAX_SYSTEM_POLICY;
constexpr std::size_t kLargest = std::size_t{1} << 20; // bytes; some 15,000 sections

/// The text of a policy file in pages of its own, given back at the end of its life.
class PolicyText {
public:
  PolicyText() = default;
  ~PolicyText() {
    if (pages_ != 0)
      Kernel::unmap(pages_, kLargest);
  }
  PolicyText(const PolicyText&) = delete;
  PolicyText& operator=(const PolicyText&) = delete;

  /// Returns an errno value, 0 for success.
  int read(Kernel& kernel, const char* path, bool only_roots) {
    const Reply opened = Kernel::open_to_read(path);
    if (!opened.ok())
      return opened.error();
    const int descriptor = static_cast<int>(opened.value());
    int error = only_roots ? check_owner(kernel, descriptor) : 0;
    if (error == 0)
      error = read_all(descriptor);
    Kernel::close(descriptor);
    return error;
  }
  [[nodiscard]] std::string_view text() const {
    return {reinterpret_cast<const char*>(pages_), size_};
  }

private:
  static int check_owner(Kernel& kernel, int descriptor) {
    const Result<Kernel::File, int> file = kernel.file(descriptor);
    if (!file)
      return file.error();
    const bool roots = file->owner == 0 && (file->mode & (S_IWGRP | S_IWOTH)) == 0;
    return roots && S_ISREG(file->mode) ? 0 : EPERM;
  }

  int read_all(int descriptor) {
    // Untouched pages of the reservation cost nothing.
    const Reply mapped = Kernel::map_pages(kLargest, false);
    if (!mapped.ok())
      return mapped.error();
    pages_ = mapped.address();
    for (;;) {
      const Reply got =
          Kernel::read(descriptor, {reinterpret_cast<char*>(pages_ + size_), kLargest - size_});
      if (!got.ok())
        return got.error();
      if (got.value() == 0)
        return 0;
      size_ += static_cast<std::size_t>(got.value());
      if (size_ == kLargest)
        return EFBIG;
    }
  }

  Address pages_ = 0;
  std::size_t size_ = 0;
};

void blame_file(LoadedPolicy& loaded, const char* path, int error) {
  loaded.fault.message = error == EPERM   ? "not owned by root or writable by others"
                         : error == EFBIG ? "larger than 1 MiB"
                                          : "cannot be read";
  loaded.fault.path = path;
  loaded.fault.error = error;
}

/// Compiles into pages that are cut to what was used and made read-only.
void compile(LoadedPolicy& loaded, const char* path, std::string_view text,
             std::string_view program, PageSize page) {
  const std::size_t bound = page.up(ProgramPolicy::storage_bound(text.size()));
  const Reply mapped = Kernel::map_pages(bound, false);
  if (!mapped.ok()) {
    blame_file(loaded, path, mapped.error());
    return;
  }
  const Address begin = mapped.address();
  const Result<ProgramPolicy, PolicyError> compiled =
      ProgramPolicy::compile(text, program, {reinterpret_cast<char*>(begin), bound});
  const std::size_t used = compiled ? page.up(compiled->storage_used()) : 0;
  if (used < bound)
    Kernel::unmap(begin + used, bound - used);
  if (!compiled) {
    const PolicyError& error = compiled.error();
    loaded.fault = {error.message, path, error.line, error.column, 0, error.report_to};
    return;
  }
  loaded.policy = *compiled;
  loaded.storage = page.covering({begin, begin + used});
  if (used != 0)
    Kernel::protect(loaded.storage, PROT_READ);
}

void discard(LoadedPolicy& loaded) {
  if (!loaded.storage.empty())
    Kernel::unmap(loaded.storage.begin(), loaded.storage.size());
  loaded = LoadedPolicy{};
}

LoadedPolicy load_file(Kernel& kernel, Maps& maps, const Startup& startup, const char* path,
                       bool optional) {
  LoadedPolicy loaded;
  PolicyText text;
  const int error = text.read(kernel, path, startup.secure);
  if (error != 0) {
    const bool absent = error == ENOENT || error == ENOTDIR;
    if (!absent || !optional)
      blame_file(loaded, path, error);
    return loaded;
  }
  compile(loaded, path, text.text(), program_path(maps, startup), startup.page);
  return loaded;
}

} // namespace

std::string_view program_path(Maps& maps, const Startup& startup) {
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

LoadedPolicy load_policy(Kernel& kernel, Maps& maps, const Startup& startup) {
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
