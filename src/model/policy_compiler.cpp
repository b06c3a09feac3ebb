#include "model/glob.hpp"
#include "model/policy.hpp"
#include "model/policy_record.hpp"
#include "model/policy_text.hpp"

#include <cstring>

namespace sealwax {
namespace {

constexpr std::string_view kFormatName = "sealwax-policy";
constexpr std::string_view kFilePrefix = "file:";
constexpr const char* kFirstLineMissing = "the first line must be 'sealwax-policy 1'";

constexpr bool is_sign(char c) {
  return c == '+' || c == '-';
}

} // namespace

/// Reads the text top to bottom, one section at a time.
class PolicyCompiler {
public:
  PolicyCompiler(std::string_view text, std::string_view program, Slice<char> storage)
      : text_(text), program_(program), storage_(storage) {}

  [[nodiscard]] Result<ProgramPolicy, PolicyError> compile() {
    if (!read_first_line() || !read_sections()) {
      PolicyError error = text_.error();
      error.report_to = report_to_;
      return error;
    }
    ProgramPolicy policy;
    policy.records_ = {storage_.data(), used_};
    policy.names_objects_ = names_objects_;
    return policy;
  }

private:
  enum class Kind : std::uint8_t { none, defaults, program, object };

  struct Section {
    Kind kind = Kind::none;
    bool applies = false; ///< to the program, as far as it was read
    std::uint16_t keys_seen = 0;
    Span glob;
    Span file;
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
  [[nodiscard]] static Span next_item(Span& rest);
  [[nodiscard]] bool read_region(Span name, Region& region);
  [[nodiscard]] bool read_only_in(Span value);
  [[nodiscard]] bool check(Span glob);
  [[nodiscard]] bool fail(Span at, const char* message) {
    return text_.fail(at.begin, message, at);
  }

  void store(const void* bytes, std::size_t size) {
    if (size != 0)
      std::memcpy(storage_.data() + used_, bytes, size);
    used_ += size;
  }

  static_assert(sizeof(Record) == ProgramPolicy::kRecordSize);

  PolicyText text_;
  std::string_view program_;
  Slice<char> storage_;
  std::size_t used_ = 0;
  bool names_objects_ = false;
  ReportTo report_to_ = ReportTo::journal;
  Section section_;
};

bool PolicyCompiler::read_first_line() {
  if (!text_.advance())
    return text_.failed() ? false : text_.fail(nullptr, kFirstLineMissing);
  const Span line = text_.line().trimmed();
  if (line.starts_with("\xef\xbb\xbf"))
    return text_.fail(line.begin, "byte order mark: save the file as UTF-8 without one");
  if (!line.starts_with(kFormatName))
    return text_.fail(line.begin, kFirstLineMissing);
  const Span version = Span{line.begin + kFormatName.size(), line.end}.trimmed();
  if (version.view() != "1")
    return fail(version, "this version reads 'sealwax-policy 1' only");
  return true;
}

bool PolicyCompiler::read_sections() {
  while (text_.advance()) {
    const Span line = text_.line().trimmed();
    if (line.empty() || *line.begin == '#')
      continue;
    if (!(*line.begin == '[' ? read_header(line) : read_key_line(line)))
      return false;
  }
  return !text_.failed() && close_section();
}

bool PolicyCompiler::read_header(Span line) {
  const char* close = line.end;
  while (close[-1] != ']')
    if (--close == line.begin)
      return text_.fail(line.begin, "section header without its ']'");
  if (close != line.end)
    return fail(Span{close, line.end}.trimmed(), "text behind a section header");

  const Span inner{line.begin + 1, close - 1};
  const char* space = inner.begin;
  while (space != inner.end && *space != ' ')
    ++space;
  const Span name{inner.begin, space};
  const bool has_glob = space != inner.end;
  const Span glob = has_glob ? Span{space + 1, inner.end} : Span{inner.end, inner.end};
  if (name.view() == "defaults")
    return has_glob ? fail(glob, "[defaults] takes no glob") : open_section(Kind::defaults, glob);
  if (name.view() == "program")
    return open_section(Kind::program, glob);
  if (name.view() == "object")
    return open_section(Kind::object, glob);
  return fail(name, "unknown section: there are [defaults], [program GLOB] and [object GLOB]");
}

bool PolicyCompiler::open_section(Kind kind, Span glob) {
  if (!close_section())
    return false;
  if (kind != Kind::defaults && !check(glob))
    return false;
  section_ = Section{};
  section_.kind = kind;
  section_.glob = glob;
  section_.applies = kind != Kind::program || glob_matches(glob.view(), program_);
  return true;
}

bool PolicyCompiler::close_section() {
  if (!section_.applies || section_.patch.keys == 0)
    return true;
  Record record;
  record.patch = section_.patch;
  record.for_one_object = section_.kind == Kind::object;
  const Span glob = record.for_one_object ? section_.glob : Span{};
  record.glob_size = static_cast<std::uint16_t>(glob.size());
  record.file_size = static_cast<std::uint16_t>(section_.file.size());
  if (storage_.size() - used_ < sizeof record + glob.size() + section_.file.size())
    return text_.fail(text_.line().begin, "no room to keep this policy in");
  store(&record, sizeof record);
  store(glob.begin, glob.size());
  store(section_.file.begin, section_.file.size());
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
  const char* equals = line.begin;
  while (equals != line.end && *equals != '=')
    ++equals;
  if (equals == line.end || equals == line.begin)
    return fail(line, "expected '[SECTION]', 'KEY = VALUE' or '# COMMENT'");
  const Span name = Span{line.begin, equals}.trimmed();
  const Span value = Span{equals + 1, line.end}.trimmed();
  if (section_.kind == Kind::none)
    return fail(name, "key before the first section");
  Key key{};
  if (!find_key(text_.word(name), key))
    return fail(name, "unknown key");
  if (section_.kind == Kind::object && !concerns_objects(key))
    return fail(name, "key that an [object] section cannot have");
  if (section_.kind != Kind::object && key == Key::only_in)
    return fail(name, "key that only an [object] section can have");
  if ((section_.keys_seen & Patch::bit(key)) != 0)
    return fail(name, "key that this section already has");
  section_.keys_seen |= Patch::bit(key);
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
  std::uint8_t choice = 0;
  if (key == Key::report_to && value.starts_with(kFilePrefix)) {
    section_.file = {value.begin + kFilePrefix.size(), value.end};
    if (section_.file.empty() || *section_.file.begin != '/')
      return fail(section_.file, "report-to's file must be an absolute path");
    choice = static_cast<std::uint8_t>(ReportTo::file);
  } else if (!find_choice(key, text_.word(value), choice)) {
    return fail(value, expectation(key));
  }
  if (!is_built(key, choice))
    return fail(value, "value not supported by this version");
  section_.patch.set(key, choice);
  if (key == Key::report_to && section_.kind == Kind::defaults)
    report_to_ = static_cast<ReportTo>(choice);
  return true;
}

/// The next word of a list; moves `rest` behind it.
Span PolicyCompiler::next_item(Span& rest) {
  Span item{rest.begin, rest.begin};
  while (item.end != rest.end && !is_blank(*item.end))
    ++item.end;
  rest = Span{item.end, rest.end}.trimmed();
  return item;
}

bool PolicyCompiler::read_seal(Span value) {
  section_.patch.keys |= Patch::bit(Key::seal);
  section_.patch.removed = RegionSet::all();
  const Word whole = text_.word(value);
  if (whole == make_word("none"))
    return true;
  if (whole == make_word("all")) {
    section_.patch.added = RegionSet::all();
    return true;
  }
  const bool amends = is_sign(*value.begin);
  RegionSet added;
  RegionSet removed;
  while (!value.empty()) {
    const Span item = next_item(value);
    const bool has_sign = is_sign(*item.begin);
    if (has_sign != amends)
      return fail(item, "a list either sets the regions or amends them by + and -, never both");
    Region region{};
    if (!read_region(Span{item.begin + (has_sign ? 1 : 0), item.end}, region))
      return false;
    if (added.with(removed).has(region))
      return fail(item, "region that this list already has");
    RegionSet& set = *item.begin == '-' ? removed : added;
    set = set.with({region});
  }
  section_.patch.added = added;
  if (amends)
    section_.patch.removed = removed;
  return true;
}

bool PolicyCompiler::read_region(Span name, Region& region) {
  const Word word = text_.word(name);
  if (word == make_word("all") || word == make_word("none"))
    return fail(name, "'all' and 'none' stand alone");
  if (!find_region(word, region))
    return fail(name, "unknown region: there are text, rodata, relro, gaps, data, vdso and stack");
  if (section_.kind == Kind::object && (region == Region::vdso || region == Region::stack))
    return fail(name, "region of the process, which an [object] section cannot have");
  return true;
}

bool PolicyCompiler::read_only_in(Span value) {
  if (!check(value))
    return false;
  section_.applies = glob_matches(value.view(), program_);
  return true;
}

Result<ProgramPolicy, PolicyError>
ProgramPolicy::compile(std::string_view text, std::string_view program, Slice<char> storage) {
  return PolicyCompiler{text, program, storage}.compile();
}

} // namespace sealwax
