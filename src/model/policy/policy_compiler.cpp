// SPDX-License-Identifier: Apache-2.0
#include "model/policy/glob.hpp"
#include "model/policy/policy.hpp"
#include "model/policy/policy_record.hpp"
#include "model/policy/policy_text.hpp"

#include <cstring>

namespace sealwax {
namespace {

constexpr const char* kFirstLineMissing = "the first line must be 'sealwax-policy 1'";

constexpr bool is_sign(char c) {
  return c == '+' || c == '-';
}

/// Reads the text top to bottom, one section at a time.
class PolicyCompiler {
public:
  template <typename Text>
  PolicyCompiler(const Text& text, const ProgramPath& program, Slice<char> storage)
      : text_(text), program_(program), storage_(storage) {}

  /// False: the text has an error().
  [[nodiscard]] bool run() { return read_first_line() && read_sections(); }
  [[nodiscard]] PolicyError error() const {
    PolicyError error = text_.error();
    error.report_to = report_to_;
    error.mode = mode_;
    error.lacks_room = lacks_room_;
    return error;
  }
  [[nodiscard]] Slice<const char> records() const { return {storage_.data(), used_}; }
  [[nodiscard]] bool names_objects() const { return names_objects_; }

private:
  enum class Kind : std::uint8_t { none, defaults, program, object };

  struct Section {
    Kind kind = Kind::none;
    bool applies = false;   ///< to the program, as far as it was read
    bool overflows = false; ///< there is no room for its texts
    std::size_t texts = 0;  ///< bytes of them in the storage, behind where its record will be
    std::uint16_t glob = 0; ///< bytes: the first text
    std::uint16_t file = 0; ///< bytes: the second
    Patch patch;
  };

  [[nodiscard]] bool read_first_line();
  [[nodiscard]] bool read_sections();
  [[nodiscard]] bool read_header(Span line);
  [[nodiscard]] bool open_section(Kind kind, Span glob);
  [[nodiscard]] bool close_section();
  [[nodiscard]] bool read_key_line(Span line);
  [[nodiscard]] bool read_value(Key key, Span value);
  [[nodiscard]] bool read_choice(Key key, Span value);
  [[nodiscard]] bool read_seal(Span value);
  [[nodiscard]] Span next_item(Span& rest) const;
  [[nodiscard]] bool read_region(Span name, Region& region);
  [[nodiscard]] bool read_only_in(Span value);
  [[nodiscard]] bool check(Span glob);
  [[nodiscard]] bool fail(Span at, const char* message) {
    return text_.fail(at.begin, message, at);
  }

  /// Keeps a text of the current section: where it was read may be overwritten by the next line.
  [[nodiscard]] std::uint16_t keep(Span text) {
    const std::size_t at = used_ + sizeof(Record) + section_.texts;
    section_.texts += text.size();
    section_.overflows = used_ + sizeof(Record) + section_.texts > storage_.size();
    if (!section_.overflows && !text.empty())
      std::memcpy(storage_.data() + at, text.begin, text.size());
    return static_cast<std::uint16_t>(text.size());
  }

  PolicyText text_;
  ProgramPath program_;
  Slice<char> storage_;
  std::size_t used_ = 0;
  bool names_objects_ = false;
  bool lacks_room_ = false;
  ReportTo report_to_ = ReportTo::journal;
  Mode mode_ = Mode::audit; ///< of the last [defaults] that says one, as PolicyError has it
  Section section_;
};

bool PolicyCompiler::read_first_line() {
  if (!text_.advance())
    return text_.failed() ? false : text_.fail(text_.line().begin, kFirstLineMissing);
  const Span line = text_.line().trimmed_right();
  if (line.starts_with("\xef\xbb\xbf"))
    return text_.fail(line.begin, "byte order mark: save the file as UTF-8 without one");
  if (!line.starts_with("sealwax-policy "))
    return text_.fail(line.begin, kFirstLineMissing);
  const Span version = Span{line.begin + sizeof "sealwax-policy", line.end}.trimmed_left();
  return version.is("1") || fail(version, "this version reads 'sealwax-policy 1' only");
}

bool PolicyCompiler::read_sections() {
  while (text_.advance()) {
    const Span line = text_.line().trimmed_left().trimmed_right();
    if (line.empty() || *line.begin == '#')
      continue;
    if (!(*line.begin == '[' ? read_header(line) : read_key_line(line)))
      return false;
  }
  return !text_.failed() && close_section();
}

bool PolicyCompiler::read_header(Span line) {
  Span inner{line.begin + 1, line.end};
  while (inner.end[-1] != ']')
    if (--inner.end == line.begin)
      return text_.fail(line.begin, "section header without its ']'");
  if (inner.end != line.end)
    return fail(Span{inner.end, line.end}.trimmed_left(), "text behind a section header");
  --inner.end;
  if (inner.starts_with("program "))
    return open_section(Kind::program, {inner.begin + sizeof "program", inner.end});
  if (inner.starts_with("object "))
    return open_section(Kind::object, {inner.begin + sizeof "object", inner.end});
  if (inner.is("defaults"))
    return open_section(Kind::defaults, {});
  return fail(inner, "unknown section: there are [defaults], [program GLOB] and [object GLOB]");
}

bool PolicyCompiler::open_section(Kind kind, Span glob) {
  if (!close_section())
    return false;
  if (kind != Kind::defaults && !check(glob))
    return false;
  section_ = Section{};
  section_.kind = kind;
  section_.applies = kind != Kind::program || program_.is_named_by(glob.view());
  if (kind == Kind::object)
    section_.glob = keep(glob);
  return true;
}

bool PolicyCompiler::close_section() {
  if (!section_.applies || !section_.patch.sets_anything())
    return true;
  const std::size_t size = sizeof(Record) + section_.texts;
  lacks_room_ = section_.overflows || storage_.size() - used_ < size;
  if (lacks_room_)
    return text_.fail(text_.line().begin, "no room to keep this policy in");
  Record record;
  record.patch = section_.patch;
  record.for_one_object = section_.kind == Kind::object;
  record.glob_size = section_.glob;
  record.file_size = section_.file;
  std::memcpy(storage_.data() + used_, &record, sizeof record);
  used_ += size;
  names_objects_ |= record.for_one_object;
  return true;
}

bool PolicyCompiler::check(Span glob) {
  std::size_t at = 0;
  const GlobFault fault = check_glob(glob.view(), at);
  return fault == GlobFault::none ||
         text_.fail(glob.begin + at, describe(fault), {glob.begin + at, glob.end});
}

bool PolicyCompiler::read_key_line(Span line) {
  const char* const equals = text_.find(line, '=');
  if (equals == line.end || equals == line.begin)
    return fail(line, "expected '[SECTION]', 'KEY = VALUE' or '# COMMENT'");
  const Span name = Span{line.begin, equals}.trimmed_right();
  const Span value = Span{equals + 1, line.end}.trimmed_left();
  if (section_.kind == Kind::none)
    return fail(name, "key before the first section");
  Key key{};
  if (!find_key(text_.word(name), key))
    return fail(name, "unknown key");
  if (section_.kind == Kind::object && !rule_of(key).concerns_objects)
    return fail(name, "key that an [object] section cannot have");
  if (section_.kind != Kind::object && key == Key::only_in)
    return fail(name, "key that only an [object] section can have");
  if (section_.patch.has(key))
    return fail(name, "key that this section already has");
  section_.patch.add(key);
  if (value.empty())
    return text_.fail(value.begin, "key without a value", name);
  return read_value(key, value);
}

bool PolicyCompiler::read_value(Key key, Span value) {
  switch (key) {
  case Key::seal:
    return read_seal(value);
  case Key::only_in:
    return read_only_in(value);
  default:
    return read_choice(key, value);
  }
}

bool PolicyCompiler::read_choice(Key key, Span value) {
  const bool for_all = section_.kind == Kind::defaults;
  std::uint8_t choice = 0;
  if (key == Key::mode && for_all)
    mode_ = Mode::audit; // Until it is known to be another.
  if (key == Key::report_to && value.starts_with("file:")) {
    const Span file{value.begin + sizeof "file:" - 1, value.end};
    if (file.empty() || *file.begin != '/')
      return fail(file, "report-to's file must be an absolute path");
    section_.file = keep(file);
    choice = static_cast<std::uint8_t>(ReportTo::file);
  } else if (!find_choice(key, text_.word(value), choice)) {
    return fail(value, expectation(key));
  }
  section_.patch.choices[static_cast<std::size_t>(key)] = choice;
  if (key == Key::report_to && for_all)
    report_to_ = static_cast<ReportTo>(choice);
  if (key == Key::mode && for_all)
    mode_ = static_cast<Mode>(choice);
  return true;
}

/// The next word of a list; moves `rest` behind it.
Span PolicyCompiler::next_item(Span& rest) const {
  const Span item{rest.begin, text_.find_blank(rest)};
  rest = Span{item.end, rest.end}.trimmed_left();
  return item;
}

bool PolicyCompiler::read_seal(Span value) {
  Patch& patch = section_.patch;
  const bool amends = is_sign(*value.begin);
  if (!amends)
    patch.removed = RegionSet::all();
  if (value.is("all"))
    patch.added = RegionSet::all();
  if (value.is("all") || value.is("none"))
    return true;
  for (RegionSet named; !value.empty();) {
    const Span item = next_item(value);
    if (is_sign(*item.begin) != amends)
      return fail(item, "a list either sets the regions or amends them by + and -, never both");
    Region region{};
    if (!read_region(Span{item.begin + (amends ? 1 : 0), item.end}, region))
      return false;
    if (named.has(region))
      return fail(item, "region that this list already has");
    named = named.with({region});
    RegionSet& set = *item.begin == '-' ? patch.removed : patch.added;
    set = set.with({region});
  }
  return true;
}

bool PolicyCompiler::read_region(Span name, Region& region) {
  if (find_region(text_.word(name), region)) {
    if (section_.kind == Kind::object && is_of_process(region))
      return fail(name, "region of the process, which an [object] section cannot have");
    return true;
  }
  if (name.is("all") || name.is("none"))
    return fail(name, "'all' and 'none' stand alone");
  return fail(name, region_expectation());
}

bool PolicyCompiler::read_only_in(Span value) {
  if (!check(value))
    return false;
  section_.applies = program_.is_named_by(value.view());
  return true;
}

} // namespace

bool ProgramPath::is_named_by(std::string_view glob) {
  if (ask_ != nullptr) {
    unknown_ = !ask_(context_, path_);
    ask_ = nullptr;
  }
  return !unknown_ && glob_matches(glob, path_);
}

/// `text`: as a whole, or to be read.
template <typename Text>
Result<ProgramPolicy, PolicyError>
ProgramPolicy::compile_any(const Text& text, const ProgramPath& program, Slice<char> storage) {
  static_assert(sizeof(Record) == kRecordSize);
  PolicyCompiler compiler{text, program, storage};
  if (!compiler.run())
    return compiler.error();
  ProgramPolicy policy;
  policy.records_ = compiler.records();
  policy.names_objects_ = compiler.names_objects();
  return policy;
}

Result<ProgramPolicy, PolicyError>
ProgramPolicy::compile(std::string_view text, const ProgramPath& program, Slice<char> storage) {
  return compile_any(text, program, storage);
}

Result<ProgramPolicy, PolicyError>
ProgramPolicy::compile(const PolicyInput& input, const ProgramPath& program, Slice<char> storage) {
  return compile_any(input, program, storage);
}

} // namespace sealwax
