// SPDX-License-Identifier: Apache-2.0
// What is said of several units, a line each.
#pragma once

#include "cli/output/json.hpp"

#include <string>
#include <utility>
#include <vector>

namespace sealwax::cli {

/// Of one unit, by the names of the JSON's members; "-" is nothing.
using Row = std::vector<std::pair<std::string, std::string>>;

/// There has to be one at least.
void answer_table(const std::vector<Row>& rows, bool color);
/// As what `document` has besides.
void answer_document(Json document, const std::vector<Row>& rows);

} // namespace sealwax::cli
