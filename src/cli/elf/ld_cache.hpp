// SPDX-License-Identifier: Apache-2.0
// The loader's list of libraries, /etc/ld.so.cache.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

class LdCache {
public:
  /// Of the text of the file. What of it cannot be made out is left out, as ld.so does.
  explicit LdCache(std::string text);
  LdCache(const LdCache&) = delete; // the entries point into the text
  LdCache& operator=(const LdCache&) = delete;
  ~LdCache() = default;

  /// Where the library of that name is, for programs of a kind; empty: nowhere. `levels` are the
  /// glibc-hwcaps that the machine has, the best first.
  [[nodiscard]] std::string find(const std::string& name, std::int32_t kind,
                                 std::span<const std::string_view> levels) const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
  struct Entry {
    std::int32_t kind;
    std::string_view path;
    std::string_view level; ///< a folder of glibc-hwcaps, or nothing
  };
  class Parser;

  std::string text_;
  std::multimap<std::string_view, Entry> entries_;
};

} // namespace sealwax::cli
