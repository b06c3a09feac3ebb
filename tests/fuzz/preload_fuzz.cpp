// SPDX-License-Identifier: Apache-2.0
#include "deploy/preload_text.hpp"
#include "fuzz.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace sealwax::deploy;
using sealwax::fuzz::expect;

namespace {

constexpr std::string_view kEntry = "/usr/$LIB/libsealwax.so";

/// As glibc's ld.so reads the file (elf/rtld.c, do_preload and its caller): a comment is blanked,
/// then words are what strsep leaves between blanks, line feeds and colons.
std::vector<std::string> words_of(std::string text) {
  for (std::size_t at = 0; (at = text.find('#', at)) != std::string::npos;)
    for (; at < text.size() && text[at] != '\n'; ++at)
      text[at] = ' ';
  std::vector<std::string> words{""};
  for (const char letter : text)
    if (std::string_view{": \t\n"}.find(letter) != std::string_view::npos)
      words.emplace_back();
    else
      words.back() += letter;
  words.erase(std::remove(words.begin(), words.end(), ""), words.end());
  return words;
}

std::vector<std::string> without_own(std::vector<std::string> words) {
  words.erase(std::remove_if(words.begin(), words.end(), is_own), words.end());
  return words;
}

std::string put(std::string_view text) {
  std::string out(text.size() + kEntry.size() + kRoomBesidesEntry, '\0');
  out.resize(put_entry(text, kEntry, out.data()));
  return out;
}

std::string take(std::string_view text) {
  std::string out(text.size(), '\0');
  out.resize(take_out(text, out.data()));
  return out;
}

} // namespace

/// An /etc/ld.so.preload.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  const std::vector<std::string> words = words_of(text);
  std::vector<std::string> read;
  Entries entries{text};
  for (std::string_view entry = entries.next(); !entry.empty(); entry = entries.next())
    read.emplace_back(entry);
  expect(read == words, "the entries are those that ld.so reads");

  const std::string rest = take(text);
  expect(words_of(rest) == without_own(words), "all but its own stay, in order");
  expect(own_entries(text) != 0 || rest == text, "a text without its own stays as it is");

  const std::string installed = put(text);
  expect(own_entries(installed) == 1, "it is there once");
  expect(without_own(words_of(installed)) == without_own(words), "all others stay, in order");
  expect(put(installed) == installed, "a second time changes nothing");
  expect(words_of(take(installed)) == without_own(words), "what was put in can be taken out");
  return 0;
}
