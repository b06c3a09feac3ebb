// SPDX-License-Identifier: Apache-2.0
#include "shim/policy/policy_in_force.hpp"

#include "model/policy/policy_choice.hpp"
#include "model/policy/policy_text.hpp"

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

  /// Before it is read, or where it could be mapped, at least before it is taken.
  void judge(Kernel& kernel, Trust trust) {
    if (taken())
      refused_ = {refusal_of(facts(kernel), trust)};
  }
  [[nodiscard]] bool can_be_mapped() const { return Kernel::can_be_mapped(descriptor_); }
  /// What a PolicyInput reads by. An error ends the text, and is in refused().
  static std::size_t read(void* file, Slice<char> into) {
    return static_cast<PolicyDescriptor*>(file)->read_piece(into);
  }
  /// Fills `into` from its front as far as the file goes.
  std::size_t read_front(Slice<char> into) {
    std::size_t size = 0;
    while (size < into.size())
      if (const std::size_t more = read_piece({into.data() + size, into.size() - size}); more != 0)
        size += more;
      else
        break;
    return size;
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
    facts.mode = can_be_mapped() ? S_IFREG : 0;
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

/// Whether a policy may trust filters: some key has that value. Most have none, and need not be
/// compiled for it.
bool may_trust(std::string_view text) {
  const char* const end = text.data() + text.size();
  const char* at = text.data();
  while ((at = find_first(at, end, [](Block block) { return block.equal('='); })) != end)
    if (Span{++at, end}.trimmed_left().starts_with("trust"))
      return true;
  return false;
}

/// Compiles what files say, one after the other, and keeps the last.
class Source {
public:
  Source(Kernel& kernel, FilterGate& gate, Maps& maps, const StartupVector& startup,
         Slice<char> room)
      : kernel_(kernel), gate_(gate), maps_(maps), startup_(startup), room_(room) {}

  void read(const char* path, Absence absence);
  void refuse(PolicyRefusal refusal, const char* path) { refuse(Refused{refusal}, path); }
  [[nodiscard]] bool has_fault() const { return loaded_.fault.message != nullptr; }
  [[nodiscard]] Environment environment() const { return loaded_.policy.process().environment; }
  [[nodiscard]] const LoadedPolicy& loaded() const { return loaded_; }

private:
  using Compiled = Result<ProgramPolicy, PolicyError>;

  void refuse(const Refused& refused, const char* path);
  void stand_in(Mode mode);
  void discard();
  [[nodiscard]] bool folder_is_taken(const char* path);
  [[nodiscard]] InheritedFilter rule_in(std::string_view text);
  [[nodiscard]] std::size_t read_front(PolicyDescriptor& file, Slice<char> window);
  void compile_whole(std::string_view text, const char* path);
  [[nodiscard]] bool compile_on(PolicyDescriptor& file, Slice<char> window, const char* path);
  void compile_in_pieces(Slice<char> window, const char* path);
  void take(const Compiled& compiled, PageRange storage, const char* path);
  [[nodiscard]] ProgramPath program();
  [[nodiscard]] bool find_program(std::string_view& path);
  [[nodiscard]] Trust trust() const { return trust_of(startup_.secure, startup_.is_root); }

  Kernel& kernel_;
  FilterGate& gate_;
  Maps& maps_;
  const StartupVector& startup_;
  Slice<char> room_;
  LoadedPolicy loaded_;
};

/// Who starts a set-user-ID program can give it a further name where fs.protected_hardlinks lets
/// him; which of its names is the policy's then, nobody can tell.
bool has_one_name(Kernel& kernel) {
  const Result<Kernel::File, int> program = kernel.file_at("/proc/self/exe");
  return program && program->links == 1;
}

/// False: nobody can tell. Leaves no descriptor open.
bool find_program_path(Maps& maps, const StartupVector& startup, std::string_view& path) {
  Vma vma;
  const bool found =
      maps.find(startup.program_headers, Maps::Match::covering, vma) && !maps.name().empty();
  maps.close();
  if (found) {
    path = maps.name();
    constexpr std::string_view kDeleted = " (deleted)"; // proc_pid_maps(5)
    if (path.ends_with(kDeleted))
      path.remove_suffix(kDeleted.size());
    return true;
  }
  // AT_EXECFN can be any link's name that the caller chose.
  if (startup.secure || startup.exec_name == nullptr)
    return false;
  path = startup.exec_name;
  return true;
}

bool Source::find_program(std::string_view& path) {
  return find_program_path(maps_, startup_, path) && (!startup_.secure || has_one_name(kernel_));
}

ProgramPath Source::program() {
  return {[](void* context, std::string_view& path) {
            auto* const self = static_cast<Source*>(context);
            const bool known = self->find_program(path);
            self->loaded_.program_unknown = !known;
            return known;
          },
          this};
}

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
  stand_in(mode_in_place_of(refused.refusal, startup_.secure));
}

/// The built-in default, where the policy has a fault.
void Source::stand_in(Mode mode) {
  loaded_.fault.mode = mode;
  loaded_.policy = ProgramPolicy::built_in(mode, room_);
}

/// Keeps what was compiled into the caller's room, where `storage` is empty, or into these pages.
void Source::take(const Compiled& compiled, PageRange storage, const char* path) {
  const std::size_t used = compiled ? compiled->storage_used() : 0;
  const PageRange kept =
      startup_.page.covering({storage.begin(), storage.begin() + used}).intersect(storage);
  // An empty range has no place: nothing lies behind it.
  const PageRange rest = kept.empty() ? storage : storage.behind(kept);
  if (!rest.empty())
    Kernel::unmap(rest.begin(), rest.size());
  loaded_.storage = kept;
  if (!compiled) {
    const PolicyError& error = compiled.error();
    loaded_.fault = {error.message, path, error.line, error.column, 0, error.report_to};
    stand_in(error.mode);
  } else if (const Reply constant{kept.empty() ? Reply{0} : Kernel::protect(kept, PROT_READ)};
             !constant.ok()) {
    refuse(Refused{PolicyRefusal::unreadable, constant.error()}, path);
  } else {
    loaded_.policy = *compiled;
    loaded_.origin =
        path == kSystemPolicy ? HeldPolicy::Origin::system : HeldPolicy::Origin::variable;
  }
}

/// Most policies: their text is on the stack, and what matters of it fits into the room.
void Source::compile_whole(std::string_view text, const char* path) {
  const Compiled compiled = ProgramPolicy::compile(text, program(), room_);
  if (compiled || !compiled.error().lacks_room)
    return take(compiled, {}, path);
  const std::size_t bound = startup_.page.up(ProgramPolicy::storage_bound(text.size()));
  const Reply mapped = Kernel::map_pages(bound, false);
  if (!mapped.ok())
    return refuse(Refused{PolicyRefusal::unreadable, mapped.error()}, path);
  const PageRange storage = startup_.page.covering({mapped.address(), mapped.address() + bound});
  take(ProgramPolicy::compile(text, program(), {reinterpret_cast<char*>(storage.begin()), bound}),
       storage, path);
}

/// A long text of which the window has the front, where what matters of it fits into the room.
/// False: it does not, or the path of the program takes another descriptor than there is.
bool Source::compile_on(PolicyDescriptor& file, Slice<char> window, const char* path) {
  std::string_view name;
  if (!find_program(name))
    return false;
  const Compiled compiled = ProgramPolicy::compile(
      PolicyInput{window, &file, PolicyDescriptor::read, window.size()}, name, room_);
  if (!file.taken() || (!compiled && compiled.error().lacks_room))
    return false;
  take(compiled, {}, path);
  return true;
}

/// A long text is read through the window, again with twice the pages for as long as what matters
/// of it does not fit into them: few sections of a long policy are about one program, and a
/// reservation for all could be more than a limit leaves.
void Source::compile_in_pieces(Slice<char> window, const char* path) {
  const std::size_t most = startup_.page.up(ProgramPolicy::storage_bound(kPolicySizeLimit));
  std::string_view name;
  loaded_.program_unknown = !find_program(name);
  for (std::size_t size = startup_.page.up(16384);; size *= 2) {
    const Reply opened = Kernel::open_to_read(path);
    if (!opened.ok())
      return refuse(Refused{PolicyRefusal::unreadable, opened.error()}, path);
    PolicyDescriptor file{opened};
    file.judge(kernel_, trust());
    const Reply mapped = Kernel::map_pages(size, false);
    if (!mapped.ok())
      return refuse(Refused{PolicyRefusal::unreadable, mapped.error()}, path);
    const PageRange storage = startup_.page.covering({mapped.address(), mapped.address() + size});
    const ProgramPath known =
        loaded_.program_unknown
            ? ProgramPath{[](void*, std::string_view&) { return false; }, nullptr}
            : ProgramPath{name};
    const Compiled compiled =
        ProgramPolicy::compile(PolicyInput{window, &file, PolicyDescriptor::read}, known,
                               {reinterpret_cast<char*>(storage.begin()), storage.size()});
    const bool again = file.taken() && !compiled && compiled.error().lacks_room && size < most;
    if (!again && file.taken())
      return take(compiled, storage, path);
    Kernel::unmap(storage.begin(), storage.size());
    if (!again)
      return refuse(file.refused(), path);
  }
}

/// Who may write the folder can put another file in the place of the system's policy.
bool Source::folder_is_taken(const char* path) {
  if (path != kSystemPolicy || trust() == Trust::anybody || !kernel_.may(Call::fstat))
    return true;
  const Result<Kernel::File, int> folder = kernel_.file_at(kPolicyFolder);
  const PolicyRefusal refusal = folder
                                    ? refusal_of_folder({folder->mode, folder->owner, 0}, trust())
                                    : PolicyRefusal::unreadable;
  if (refusal != PolicyRefusal::none)
    refuse(Refused{refusal, folder ? 0 : folder.error()}, path);
  return refusal == PolicyRefusal::none;
}

/// What a text says of filters to this program.
InheritedFilter Source::rule_in(std::string_view text) {
  if (!may_trust(text))
    return InheritedFilter::probe;
  const Compiled compiled = ProgramPolicy::compile(text, program(), room_);
  return compiled ? compiled->process().seccomp : InheritedFilter::probe;
}

/// Reads a file that is taken; what is not is in file.refused(). Where nobody has looked for a
/// filter yet the text says how; of things whose reading has consequences few can be mapped, and
/// those are judged first.
std::size_t Source::read_front(PolicyDescriptor& file, Slice<char> window) {
  const bool early = !gate_.has_looked() && file.can_be_mapped();
  const std::size_t size = early ? file.read_front(window) : 0;
  gate_.look(early && size < window.size() ? rule_in({window.data(), size})
                                           : InheritedFilter::probe);
  file.judge(kernel_, trust());
  return early ? size : file.read_front(window);
}

void Source::read(const char* path, Absence absence) {
  discard();
  const Reply opened = Kernel::open_to_read(path);
  if (!opened.ok()) {
    if (absence == Absence::is_a_fault || !means_absent(opened.error()))
      refuse(Refused{PolicyRefusal::unreadable, opened.error()}, path);
    return;
  }
  char window[PolicyInput::kWindow];
  std::size_t size = 0;
  Refused refused;
  const bool looked_before = gate_.has_looked();
  {
    PolicyDescriptor file{opened};
    size = read_front(file, Slice<char>{window});
    const bool is_known = looked_before || gate_.filter().known;
    if (size == sizeof window && is_known && file.taken() && folder_is_taken(path) &&
        compile_on(file, Slice<char>{window}, path))
      return;
    refused = file.refused();
  }
  // There may have been no second descriptor to look with.
  if (!looked_before && !gate_.filter().known) {
    gate_.forget();
    gate_.look(InheritedFilter::probe);
    if (gate_.filter().known)
      return read(path, absence);
  }
  if (refused.refusal != PolicyRefusal::none)
    return refuse(refused, path);
  if (!folder_is_taken(path))
    return;
  if (size < sizeof window)
    compile_whole({window, size}, path);
  else
    compile_in_pieces(Slice<char>{window}, path);
}

} // namespace

std::string_view program_path(Maps& maps, const StartupVector& startup) {
  if (!startup.program_path.empty())
    return startup.program_path;
  std::string_view path;
  return find_program_path(maps, startup, path) ? path : std::string_view{};
}

LoadedPolicy load_policy(Kernel& kernel, FilterGate& gate, Maps& maps, const StartupVector& startup,
                         Slice<char> room) {
  PolicyCircumstances circumstances;
  circumstances.secure = startup.secure;
  bool is_set = false;
  if (const std::string_view value = startup.variable(kPolicyVariable, is_set); is_set)
    circumstances.variable = value.data();
  Source source{kernel, gate, maps, startup, room};
  read_policy_in_force(circumstances, source);
  return source.loaded();
}

} // namespace sealwax::shim
