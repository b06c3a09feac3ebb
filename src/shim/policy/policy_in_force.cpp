#include "shim/policy/policy_in_force.hpp"

#include "model/policy_choice.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

namespace sealwax::shim {
namespace {

/// Why a file is not taken, and the errno value where that is the reason.
struct Refused {
  PolicyRefusal refusal = PolicyRefusal::none;
  int error = 0;
};

/// An open policy file, read once from its begin to its end.
class PolicyDescriptor {
public:
  explicit PolicyDescriptor(Reply opened) : descriptor_(static_cast<int>(opened.value())) {}
  ~PolicyDescriptor() { Kernel::close(descriptor_); }
  PolicyDescriptor(const PolicyDescriptor&) = delete;
  PolicyDescriptor& operator=(const PolicyDescriptor&) = delete;

  /// Before it is read.
  void judge(Kernel& kernel, bool secure) { refused_ = {refusal_of(facts(kernel), secure)}; }
  /// What a PolicyInput reads by. An error ends the text, and is in refused().
  static std::size_t read(void* file, Slice<char> into) {
    return static_cast<PolicyDescriptor*>(file)->read_piece(into);
  }
  [[nodiscard]] bool taken() const { return refused_.refusal == PolicyRefusal::none; }
  [[nodiscard]] const Refused& refused() const { return refused_; }

private:
  /// Under a filter that nobody has tried yet fstat may not be called (which of the stat calls
  /// ld.so has just made depends on the C library), but what ld.so has mapped libraries by. Of the
  /// things that are no regular files, that tells all but some devices, whose reading ends at
  /// their first bytes.
  [[nodiscard]] PolicyFileFacts facts(Kernel& kernel) const {
    if (const Result<Kernel::File, int> file = kernel.file(descriptor_))
      return {file->mode, file->owner, file->size};
    PolicyFileFacts facts;
    facts.mode = Kernel::can_be_mapped(descriptor_) ? S_IFREG : 0;
    return facts;
  }

  std::size_t read_piece(Slice<char> into) {
    if (!taken())
      return 0;
    const Reply got = Kernel::read(descriptor_, into);
    if (!got.ok()) {
      refused_ = {PolicyRefusal::unreadable, got.error()};
      return 0;
    }
    const auto size = static_cast<std::size_t>(got.value());
    total_ += size;
    if (total_ >= kPolicySizeLimit)
      refused_ = {PolicyRefusal::too_large};
    return size;
  }

  int descriptor_;
  Refused refused_;
  std::size_t total_ = 0;
};

/// Compiles what files say, one after the other, and keeps the last.
class Source {
public:
  Source(Kernel& kernel, Maps& maps, const StartupVector& startup)
      : kernel_(kernel), maps_(maps), startup_(startup) {}

  void read(const char* path, Absence absence);
  void refuse(PolicyRefusal refusal, const char* path) { refuse(Refused{refusal}, path); }
  [[nodiscard]] bool has_fault() const { return loaded_.fault.message != nullptr; }
  [[nodiscard]] Environment environment() const { return loaded_.policy.process().environment; }
  [[nodiscard]] const LoadedPolicy& loaded() const { return loaded_; }

private:
  void refuse(const Refused& refused, const char* path);
  void discard();
  void compile(PolicyDescriptor& file, const char* path);

  Kernel& kernel_;
  Maps& maps_;
  const StartupVector& startup_;
  LoadedPolicy loaded_;
};

void Source::discard() {
  if (!loaded_.storage.empty())
    Kernel::unmap(loaded_.storage.begin(), loaded_.storage.size());
  loaded_ = LoadedPolicy{};
}

void Source::refuse(const Refused& refused, const char* path) {
  discard();
  loaded_.fault.message = describe(refused.refusal);
  loaded_.fault.path = path;
  loaded_.fault.error = refused.error;
}

/// Compiles into pages that are cut to what was used and made read-only. Untouched pages of the
/// reservation cost nothing: of a file of any size, those of the window in front are all.
void Source::compile(PolicyDescriptor& file, const char* path) {
  const PageSize page = startup_.page;
  const std::size_t window = page.up(PolicyInput::kWindow);
  const std::size_t bound = page.up(ProgramPolicy::storage_bound(kPolicySizeLimit));
  const Reply mapped = Kernel::map_pages(window + bound, false);
  if (!mapped.ok())
    return refuse(Refused{PolicyRefusal::unreadable, mapped.error()}, path);
  const Address begin = mapped.address();
  const Address storage = begin + window;
  PolicyInput input;
  input.window = {reinterpret_cast<char*>(begin), PolicyInput::kWindow};
  input.source = &file;
  input.read = PolicyDescriptor::read;
  const Result<ProgramPolicy, PolicyError> compiled = ProgramPolicy::compile(
      input, program_path(maps_, startup_), {reinterpret_cast<char*>(storage), bound});
  const std::size_t used = compiled && file.taken() ? compiled->storage_used() : 0;
  Reply made_constant{0};
  loaded_.storage = page.covering({storage, storage + used});
  Kernel::unmap(begin, used == 0 ? window + bound : window);
  if (used != 0) {
    Kernel::unmap(loaded_.storage.end(), storage + bound - loaded_.storage.end());
    made_constant = Kernel::protect(loaded_.storage, PROT_READ);
  }
  if (!file.taken()) {
    refuse(file.refused(), path);
  } else if (!compiled) {
    const PolicyError& error = compiled.error();
    loaded_.fault = {error.message, path, error.line, error.column, 0, error.report_to};
  } else if (!made_constant.ok()) {
    refuse(Refused{PolicyRefusal::unreadable, made_constant.error()}, path);
  } else {
    loaded_.policy = *compiled;
  }
}

void Source::read(const char* path, Absence absence) {
  discard();
  const Reply opened = Kernel::open_to_read(path);
  if (!opened.ok()) {
    if (absence == Absence::is_a_fault || !means_absent(opened.error()))
      refuse(Refused{PolicyRefusal::unreadable, opened.error()}, path);
    return;
  }
  PolicyDescriptor file{opened};
  file.judge(kernel_, startup_.secure);
  if (file.taken())
    compile(file, path);
  else
    refuse(file.refused(), path);
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
  PolicyCircumstances circumstances;
  circumstances.secure = startup.secure;
  bool is_set = false;
  if (const std::string_view value = startup.variable(kPolicyVariable, is_set); is_set)
    circumstances.variable = value.data();
  Source source{kernel, maps, startup};
  read_policy_in_force(circumstances, source);
  return source.loaded();
}

} // namespace sealwax::shim
