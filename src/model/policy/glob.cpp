// SPDX-License-Identifier: Apache-2.0
#include "model/policy/glob.hpp"

#include "model/bytes.hpp"

#include <bit>
#include <cstring>

namespace sealwax {
namespace {

bool read_escaped(const char*& at, const char* end, unsigned char& byte) {
  if (*at == '\\' && ++at == end)
    return false;
  byte = static_cast<unsigned char>(*at++);
  return true;
}

bool names_class(const char* at, const char* end) {
  return end - at >= 2 && at[0] == '[' && (at[1] == ':' || at[1] == '.' || at[1] == '=');
}

/// Reads a bracket expression from behind its `[` to behind its `]`, and whether it has `byte`.
/// A `]` that comes first is a member, as in POSIX (XCU 2.13.1).
GlobFault read_set(const char*& at, const char* end, unsigned char byte, bool& has) {
  has = false;
  const bool negated = at != end && (*at == '!' || *at == '^');
  if (negated)
    ++at;
  for (const char* const first = at; at != end;) {
    if (*at == ']' && at != first) {
      ++at;
      has ^= negated;
      return GlobFault::none;
    }
    if (names_class(at, end))
      return GlobFault::character_class;
    unsigned char low = 0;
    if (!read_escaped(at, end, low))
      return GlobFault::open_bracket;
    unsigned char high = low;
    if (end - at >= 2 && at[0] == '-' && at[1] != ']') {
      ++at;
      if (names_class(at, end)) // [a-[.z.]]
        return GlobFault::character_class;
      if (!read_escaped(at, end, high))
        return GlobFault::open_bracket;
      if (high < low)
        return GlobFault::backward_range;
    }
    has |= low <= byte && byte <= high;
  }
  return GlobFault::open_bracket;
}

/// Whether the element at `at`, anything but a `*`, matches `byte`. Moves behind it.
bool match_one(const char*& at, const char* end, char byte) {
  if (*at == '?') {
    ++at;
    return true;
  }
  if (*at == '[') {
    bool has = false;
    return read_set(++at, end, static_cast<unsigned char>(byte), has) == GlobFault::none && has;
  }
  unsigned char wanted = 0;
  return read_escaped(at, end, wanted) && wanted == static_cast<unsigned char>(byte);
}

/// Only the last `*` needs to be tried again: what an earlier one could take more of, it can too.
bool matches_whole(const char* glob, const char* glob_end, const char* text, const char* text_end) {
  const char* behind_star = nullptr;
  const char* star_takes_to = nullptr;
  for (;;) {
    if (glob != glob_end && *glob == '*') {
      behind_star = ++glob;
      star_takes_to = text;
      if (glob == glob_end)
        return true;
      continue;
    }
    if (text == text_end)
      return glob == glob_end;
    if (glob != glob_end && match_one(glob, glob_end, *text)) {
      ++text;
      continue;
    }
    if (behind_star == nullptr)
      return false;
    glob = behind_star;
    text = ++star_takes_to;
  }
}

/// Whether the last bytes of both alone tell that they cannot match: most globs of a long policy
/// fall here. A `]` may close a set; any other byte, escaped or not, stands for itself.
bool ends_differ(std::string_view glob, std::string_view path) {
  if (glob.empty() || path.empty())
    return false;
  const char last = glob.data()[glob.size() - 1];
  return last != path.data()[path.size() - 1] && last != '*' && last != '?' && last != ']';
}

/// Flags each byte of eight that is `wanted` by its highest bit; above the first such byte one that
/// is not can be flagged too.
std::uint64_t flag_equal(std::uint64_t bytes, char wanted) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t zero = bytes ^ kOnes * static_cast<unsigned char>(wanted);
  return (zero - kOnes) & ~zero & kOnes << 7;
}

/// Whether the first eight bytes of both alone tell so: most others fall here.
bool begins_differ(std::string_view glob, std::string_view path) {
  std::uint64_t wanted = 0;
  std::uint64_t given = 0;
  if (glob.size() < sizeof wanted || path.size() < sizeof given)
    return false;
  std::memcpy(&wanted, glob.data(), sizeof wanted);
  std::memcpy(&given, path.data(), sizeof given);
  const std::uint64_t special = flag_equal(wanted, '*') | flag_equal(wanted, '?') |
                                flag_equal(wanted, '[') | flag_equal(wanted, '\\');
  const int first_special = std::countr_zero(special) & ~7;
  return std::countr_zero(wanted ^ given) < first_special;
}

bool has_slash(const char* at, const char* end) {
  while (at != end && *at != '/')
    ++at;
  return at != end;
}

/// The first byte that needs a closer look: without one, a glob cannot have a fault.
const char* find_bracket_or_backslash(const char* at, const char* end) {
  return find_first(at, end, [](Block block) { return block.equal('[') | block.equal('\\'); });
}

} // namespace

const char* describe(GlobFault fault) {
  switch (fault) {
  case GlobFault::none:
    return "no fault";
  case GlobFault::empty:
    return "empty glob";
  case GlobFault::open_bracket:
    return "'[' without its ']' in a glob (for a plain '[' write '\\[')";
  case GlobFault::trailing_backslash:
    return "nothing behind the '\\' at the end of a glob (for a plain '\\' write '\\\\')";
  case GlobFault::backward_range:
    return "range that runs backwards in a glob";
  case GlobFault::character_class:
    return "character classes such as [:alpha:] are not supported in a glob";
  }
  return "unknown fault";
}

GlobFault check_glob(std::string_view glob, std::size_t& at) {
  at = 0;
  if (glob.empty())
    return GlobFault::empty;
  const char* const begin = glob.data();
  const char* const end = begin + glob.size();
  const char* next = begin;
  while ((next = find_bracket_or_backslash(next, end)) != end) {
    at = static_cast<std::size_t>(next - begin);
    bool has = false;
    unsigned char byte = 0;
    if (*next == '[') {
      if (const GlobFault fault = read_set(++next, end, 0, has); fault != GlobFault::none)
        return fault;
    } else if (!read_escaped(next, end, byte)) {
      return GlobFault::trailing_backslash;
    }
  }
  return GlobFault::none;
}

bool glob_matches(std::string_view glob, std::string_view path) {
  if (ends_differ(glob, path))
    return false;
  const char* const glob_end = glob.data() + glob.size();
  const char* const path_end = path.data() + path.size();
  const char* from = path.data();
  if (has_slash(glob.data(), glob_end)) {
    if (begins_differ(glob, path))
      return false;
  } else {
    for (const char* at = path_end; at != path.data(); --at)
      if (at[-1] == '/') {
        from = at;
        break;
      }
  }
  return matches_whole(glob.data(), glob_end, from, path_end);
}

} // namespace sealwax
