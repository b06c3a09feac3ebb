// SPDX-License-Identifier: Apache-2.0
// What a policy can say, and its built-in default. Grammar: sealwax-policy(5).
#pragma once

#include "model/region.hpp"
#include "model/slice.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sealwax {

/// What says of a file that it is a policy, and how to read it.
inline constexpr std::string_view kPolicyFirstLine = "sealwax-policy 1\n";

enum class Mode : std::uint8_t { enforce, audit, off };
/// Where text and rodata are: automatic moves what lies in shared memory.
enum class TextPlace : std::uint8_t { automatic, in_place, private_memory };
enum class RelroPlace : std::uint8_t { private_memory, in_place };
/// What happens to objects loaded after start-up.
enum class LateLoads : std::uint8_t { seal, pin, pinned_only, skip };
enum class ExecGain : std::uint8_t { allow, deny, deny_inherit, closed };
enum class OnRefused : std::uint8_t { ignore, report, kill };
enum class ReportTo : std::uint8_t { journal, standard_error, file, none };
enum class MappedCode : std::uint8_t { leave, seal };
/// Whether SEALWAX_POLICY may replace the system's policy.
enum class Environment : std::uint8_t { allow, deny };
/// What to do under a seccomp filter that was there before the program.
enum class InheritedFilter : std::uint8_t { probe, trust, skip };

/// Every key's value, for one program or one object in it. The initialisers are the built-in
/// default, which policies/default.conf spells out.
struct Settings {
  Mode mode = Mode::enforce;
  RegionSet seal = {Region::text, Region::rodata, Region::relro, Region::gaps, Region::vdso};
  RelroPlace relro = RelroPlace::private_memory;
  TextPlace text = TextPlace::automatic;
  LateLoads late_loads = LateLoads::seal;
  ExecGain exec_gain = ExecGain::allow;
  OnRefused on_refused = OnRefused::report;
  ReportTo report_to = ReportTo::journal;
  std::string_view report_file; ///< where `report_to` is file: an absolute path
  MappedCode mapped_code = MappedCode::leave;
  Environment environment = Environment::allow;
  InheritedFilter seccomp = InheritedFilter::probe;
  bool operator==(const Settings&) const = default;
};

struct PolicyError {
  std::uint32_t line = 0;        ///< from 1
  std::uint32_t column = 0;      ///< in bytes, from 1
  const char* message = nullptr; ///< static
  std::string_view word;         ///< what it is about, a part of the text; can be empty
  /// Where the policy wanted its reports, as far as its [defaults] said so before the error.
  ReportTo report_to = ReportTo::journal;
  /// Likewise what mode it wanted. It has to have said so: a slip may not make what was only to be
  /// observed refuse anything.
  Mode mode = Mode::audit;
  bool lacks_room = false; ///< nothing is wrong with the text: the storage is too small for it
};

/// A policy's text that is read piece by piece, so that a long one needs no more memory than a
/// short one does: a page that is touched for the first time costs as much as twenty lines.
struct PolicyInput {
  /// Where the pieces go, one after another. Room for kWindow bytes.
  Slice<char> window;
  void* source = nullptr;
  /// Fills `into` from its front, and says how many bytes there were; 0 at the text's end. `into`
  /// is never empty.
  std::size_t (*read)(void* source, Slice<char> into) = nullptr;
  std::size_t filled = 0; ///< bytes that are in the window already

  /// Twice the longest line, so that most pieces are of as much.
  static constexpr std::size_t kWindow = 8192;
};

/// The absolute path of the program's executable as the kernel names it. Where it is not known
/// beforehand it is asked for once, and only if a section depends on it: the answer costs a look at
/// /proc.
class ProgramPath {
public:
  /// False: nobody can tell.
  using Ask = bool (*)(void* context, std::string_view& path);

  constexpr ProgramPath() = default;
  constexpr ProgramPath(std::string_view path) : path_(path) {}
  constexpr ProgramPath(const char* path) : path_(path) {}
  constexpr ProgramPath(Ask ask, void* context) : ask_(ask), context_(context) {}

  /// Whether a section for the programs that `glob` names is for this one. A path that nobody can
  /// tell is none's: what an exception grants is granted to known programs.
  [[nodiscard]] bool is_named_by(std::string_view glob);

private:
  std::string_view path_;
  Ask ask_ = nullptr;
  void* context_ = nullptr;
  bool unknown_ = false;
};

/// What one program needs of a policy: sections that cannot matter to it are left out. No
/// allocation; async-signal-safe.
class ProgramPolicy {
public:
  /// A longer line is an error.
  static constexpr std::size_t kMaxLine = 4096;

  /// The built-in default.
  constexpr ProgramPolicy() = default;

  /// The built-in default in this mode, kept in `storage`, which has room for a record.
  [[nodiscard]] static ProgramPolicy built_in(Mode mode, Slice<char> storage);

  /// Checks all of `text` and keeps in `storage` what can matter to `program`. Nothing kept points
  /// into `text`.
  [[nodiscard]] static Result<ProgramPolicy, PolicyError>
  compile(std::string_view text, const ProgramPath& program, Slice<char> storage);
  /// The word of an error is in the window then.
  [[nodiscard]] static Result<ProgramPolicy, PolicyError>
  compile(const PolicyInput& input, const ProgramPath& program, Slice<char> storage);

  /// Room for whatever a text of this size can say: each section that sets anything has more than
  /// kMinSection bytes of it, and becomes one record.
  [[nodiscard]] static constexpr std::size_t storage_bound(std::size_t text_size) {
    return (text_size / kMinSection + 1) * kRecordSize + text_size;
  }
  /// How many bytes at the front of the storage are in use.
  [[nodiscard]] std::size_t storage_used() const { return records_.size(); }
  /// What it is made of (policy_record.hpp), for take_records() in another process.
  [[nodiscard]] Slice<const char> records() const { return records_; }
  [[nodiscard]] bool lies_in(const char* storage) const { return records_.data() == storage; }
  /// The same policy over a copy of its storage that lies, or will lie, at `storage`.
  [[nodiscard]] ProgramPolicy moved_to(const char* storage) const {
    ProgramPolicy moved = *this;
    moved.records_ = {storage, records_.size()};
    return moved;
  }

  /// Becomes what the records of some other ProgramPolicy say, where they make sense. They may be
  /// anybody's bytes, and have to stay there.
  [[nodiscard]] bool take_records(Slice<const char> records);
  [[nodiscard]] bool says_the_same_as(const ProgramPolicy& other) const;

  /// What holds for the program as a whole.
  [[nodiscard]] Settings process() const;
  /// What holds for an object in it, by the name that the loader has for it and by the path that
  /// the kernel has for its mapping.
  [[nodiscard]] Settings object(std::string_view loader_name, std::string_view kernel_path) const;
  /// False: no object section can apply, so object() is process() for every object.
  [[nodiscard]] bool names_objects() const { return names_objects_; }

private:
  template <typename Text>
  static Result<ProgramPolicy, PolicyError>
  compile_any(const Text& text, const ProgramPath& program, Slice<char> storage);

  static constexpr std::size_t kMinSection = 16;
  static constexpr std::size_t kRecordSize = 22;

  Slice<const char> records_;
  bool names_objects_ = false;
};

} // namespace sealwax
