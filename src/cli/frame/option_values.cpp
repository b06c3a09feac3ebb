// SPDX-License-Identifier: Apache-2.0
#include "cli/frame/option_values.hpp"

#include "cli/output/nearest_word.hpp"

namespace sealwax::cli {

std::string alternatives(const std::vector<std::string_view>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : i + 1 == words.size() ? " or " : ", ", words[i]);
  return text;
}

void refuse_value(std::string_view names, std::string_view takes, std::string_view text,
                  const std::vector<std::string_view>& words) {
  const std::string_view name = names.substr(names.rfind(',') + 1);
  throw CLI::ValidationError(fmt::format("{} takes {}, not '{}'{}", name, takes, printable(text),
                                         suggestion(text, std::span{words})));
}

} // namespace sealwax::cli
