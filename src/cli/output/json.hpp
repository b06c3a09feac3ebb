// SPDX-License-Identifier: Apache-2.0
// What the documents of --json share.
#pragma once

#include "model/region.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace sealwax::cli {

using Json = nlohmann::ordered_json;

/// File names need not be UTF-8 and JSON must be: what is not becomes U+FFFD. In ASCII, so that no
/// terminal is steered by it either. On one line, or with so many blanks a level.
[[nodiscard]] inline std::string text_of(const Json& value, int indent = -1) {
  return value.dump(indent, ' ', true, Json::error_handler_t::replace);
}

/// What is empty where there is nothing to name.
[[nodiscard]] inline Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

/// The text called `name` in an object from elsewhere; empty: there is none.
[[nodiscard]] inline std::string text_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

[[nodiscard]] inline Json name_array(RegionSet regions) {
  Json array = Json::array();
  for (std::size_t i = 0; i < kRegionCount; ++i)
    if (regions.has(static_cast<Region>(i)))
      array.push_back(kRegions[i].name);
  return array;
}

} // namespace sealwax::cli
