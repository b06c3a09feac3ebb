// SPDX-License-Identifier: Apache-2.0
// What /etc/ld.so.preload says, and how Sealwax's entry is put in and taken out of it. Text in,
// text out: no system call, no allocation, so that sealwax and sealwax-rescue share it.
#pragma once

#include <cstddef>
#include <string_view>

namespace sealwax::deploy {

/// An entry with this last component is Sealwax's own, in whatever folder it is.
inline constexpr std::string_view kLibraryName = "libsealwax.so";

/// The entries of the text in order, as ld.so reads them (glibc's elf/rtld.c): separated by blanks,
/// tabs, newlines and colons; `#`, also within a word, begins a comment up to the line's end.
class Entries {
public:
  explicit Entries(std::string_view text) : rest_(text) {}
  /// The next entry, a part of the text; empty where there is none.
  [[nodiscard]] std::string_view next();

private:
  std::string_view rest_;
};

[[nodiscard]] bool is_own(std::string_view entry);

/// How many of the text's entries are Sealwax's own.
[[nodiscard]] std::size_t own_entries(std::string_view text);

/// What put_entry adds to a text at most, besides the entry.
inline constexpr std::size_t kRoomBesidesEntry = 2;

/// Writes to `out` the text with `entry` as the only one of Sealwax's own: in the first one's
/// place, or on a line at the end, which can be one of blanks. Returns the size; room for text,
/// entry and kRoomBesidesEntry is needed.
[[nodiscard]] std::size_t put_entry(std::string_view text, std::string_view entry, char* out);

/// Behind which byte of `before` `after` says something else, where all that is different follows
/// its last entry or comment: such a change can be made in the file itself by one write, and
/// whoever reads the file meanwhile finds the old entries. Else npos.
[[nodiscard]] std::size_t end_of_common(std::string_view before, std::string_view after);

/// Writes to `out` the text without Sealwax's own entries: lines that held nothing else go whole,
/// and everything else stays byte for byte. Returns the size, at most the text's.
[[nodiscard]] std::size_t take_out(std::string_view text, char* out);

} // namespace sealwax::deploy
