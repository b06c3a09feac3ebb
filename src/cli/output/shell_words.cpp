// SPDX-License-Identifier: Apache-2.0
#include "cli/output/shell_words.hpp"

#include "cli/output/output.hpp"

#include <fmt/format.h>

namespace sealwax::cli {
namespace {

bool is_plain(const std::string& word) {
  return !word.empty() &&
         word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_") == std::string::npos;
}

std::string shell_word(const std::string& word) {
  if (is_plain(word))
    return word;
  // $'...' (POSIX.1-2024) where something could steer a terminal or break the line.
  std::string quoted, plain = "'";
  bool has_control = false;
  for (const char byte : word) {
    const bool control = printable({&byte, 1}).size() != 1;
    has_control |= control;
    plain += byte == '\'' ? std::string{"'\\''"} : std::string{byte};
    if (byte == '\'' || byte == '\\')
      quoted += '\\';
    quoted +=
        control ? fmt::format("\\{:03o}", static_cast<unsigned char>(byte)) : std::string{byte};
  }
  return has_control ? "$'" + quoted + "'" : plain + "'";
}

} // namespace

std::string shell_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : " ") + shell_word(word);
  return text;
}

} // namespace sealwax::cli
