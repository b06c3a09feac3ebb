// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/list/rows.hpp"

#include "cli/output/output.hpp"

#include <algorithm>
#include <utility>

namespace sealwax::cli {

void answer_table(const std::vector<Row>& rows, bool color) {
  Table table{std::vector<Table::Align>(rows.front().size(), Table::Align::left)};
  std::vector<Cell> head;
  for (const auto& [key, value] : rows.front()) {
    std::string title = key;
    std::replace(title.begin(), title.end(), '_', ' ');
    head.push_back({title});
  }
  table.add(std::move(head));
  for (const Row& row : rows) {
    std::vector<Cell> cells;
    cells.reserve(row.size());
    for (const auto& [key, value] : row)
      cells.push_back({printable(value)});
    table.add(std::move(cells));
  }
  answer(table.text(color));
}

void answer_document(Json document, const std::vector<Row>& rows) {
  Json units = Json::array();
  for (const Row& row : rows) {
    Json unit = Json::object();
    for (const auto& [key, value] : row)
      unit[key] = value == "-" ? Json(nullptr) : Json(value);
    units.push_back(unit);
  }
  document["units"] = units;
  answer(text_of(document, 2) + '\n');
}

} // namespace sealwax::cli
