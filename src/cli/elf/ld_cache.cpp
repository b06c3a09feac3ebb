// SPDX-License-Identifier: Apache-2.0
#include "cli/elf/ld_cache.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace sealwax::cli {
namespace {

// The file's format, by glibc's sysdeps/generic/dl-cache.h: perhaps the list of before glibc 2.2,
// then `Header`, `Entry`s, strings, and from 2.33 on the extension.
constexpr std::string_view kOldMagic = "ld.so-1.7.0";
constexpr std::string_view kMagic = "glibc-ld.so.cache1.1";
constexpr std::uint32_t kExtensionMagic = 0xeaa42174;
constexpr std::uint32_t kHwcapsSection = 1;

struct OldHeader {
  char magic[12];
  std::uint32_t entries;
};
struct OldEntry {
  std::int32_t flags;
  std::uint32_t key;
  std::uint32_t value;
};
struct Header {
  char magic[20];
  std::uint32_t entries;
  std::uint32_t strings_size;
  std::uint8_t flags;
  std::uint8_t unused[3];
  std::uint32_t extension;
  std::uint32_t unused_words[3];
};
struct Entry {
  std::int32_t flags;
  std::uint32_t key;
  std::uint32_t value;
  std::uint32_t unused;
  std::uint64_t hwcap;
};
struct Section {
  std::uint32_t tag;
  std::uint32_t flags;
  std::uint32_t offset;
  std::uint32_t size;
};

/// In an entry's hwcap: its low word is an index into the section of glibc-hwcaps.
constexpr std::uint64_t kNamesLevel = std::uint64_t{1} << 62;

} // namespace

/// Offsets count from the new header, wherever that is.
class LdCache::Parser {
public:
  explicit Parser(std::string_view text) : text_(text) {
    OldHeader old{};
    if (text_.starts_with(kOldMagic) && read(0, old)) {
      const std::uint64_t end = sizeof old + std::uint64_t{old.entries} * sizeof(OldEntry);
      text_ = text_.substr(std::min<std::uint64_t>((end + 7) / 8 * 8, text_.size()));
    }
  }

  void fill(std::multimap<std::string_view, LdCache::Entry>& entries) const {
    Header header{};
    if (!text_.starts_with(kMagic) || !read(0, header))
      return;
    const Section levels = levels_section(header.extension);
    cli::Entry entry{};
    for (std::uint32_t i = 0; i < header.entries; ++i) {
      if (!read(sizeof header + i * sizeof entry, entry))
        return;
      LdCache::Entry known{entry.flags, string(entry.value), {}};
      if ((entry.hwcap & kNamesLevel) != 0)
        known.level = level(levels, static_cast<std::uint32_t>(entry.hwcap));
      // Others with a hwcap are of the scheme of before glibc 2.33.
      if (entry.hwcap == 0 || !known.level.empty())
        entries.emplace(string(entry.key), known);
    }
  }

private:
  template <typename Value>
  bool read(std::uint64_t offset, Value& value) const {
    if (offset > text_.size() || text_.size() - offset < sizeof value)
      return false;
    std::memcpy(&value, text_.data() + offset, sizeof value);
    return true;
  }

  std::string_view string(std::uint32_t offset) const {
    const std::size_t end = text_.find('\0', offset);
    return end == text_.npos ? std::string_view{} : text_.substr(offset, end - offset);
  }

  Section levels_section(std::uint32_t extension) const {
    std::uint32_t head[2]; // magic, number of sections
    if (extension == 0 || !read(extension, head) || head[0] != kExtensionMagic)
      return {};
    Section section{};
    for (std::uint32_t i = 0;
         i < head[1] && read(extension + sizeof head + std::uint64_t{i} * sizeof section, section);
         ++i)
      if (section.tag == kHwcapsSection)
        return section;
    return {};
  }

  std::string_view level(const Section& levels, std::uint32_t index) const {
    std::uint32_t offset = 0;
    if (index >= levels.size / sizeof offset ||
        !read(levels.offset + std::uint64_t{index} * sizeof offset, offset))
      return {};
    return string(offset);
  }

  std::string_view text_;
};

LdCache::LdCache(std::string text) : text_(std::move(text)) {
  Parser{text_}.fill(entries_);
}

std::string LdCache::find(const std::string& name, std::int32_t kind,
                          std::span<const std::string_view> levels) const {
  const Entry* best = nullptr;
  auto best_rank = levels.end();
  const auto [first, last] = entries_.equal_range(name);
  for (auto at = first; at != last; ++at) {
    const Entry& entry = at->second;
    const auto rank = std::find(levels.begin(), levels.end(), entry.level);
    if (entry.kind != kind || entry.path.empty() || (!entry.level.empty() && rank == levels.end()))
      continue;
    if (best == nullptr || rank < best_rank) {
      best = &entry;
      best_rank = rank;
    }
  }
  return best == nullptr ? std::string{} : std::string{best->path};
}

} // namespace sealwax::cli
