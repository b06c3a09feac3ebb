// SPDX-License-Identifier: Apache-2.0
#include "fuzz.hpp"
#include "model/report/report.hpp"

#include <vector>

using namespace sealwax;
using sealwax::fuzz::expect;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line{reinterpret_cast<const char*>(data), size};
  std::vector<char> texts(size);
  const auto report = parse_report(line, {texts.data(), texts.size()});
  if (!report.ok())
    return 0;
  // An escape is three bytes for one, and a line has a name and a number at the most for each.
  std::vector<char> written(3 * size + 512);
  const std::size_t length = format_report(*report, {written.data(), written.size()});
  expect(length != 0, "what was read can be written");
  std::vector<char> again(length);
  const auto back = parse_report({written.data(), length}, {again.data(), again.size()});
  expect(back.ok() && *back == *report, "what was written reads as before");

  // Whatever the room, what is written is a line.
  std::vector<char> small(size == 0 ? 0 : length * data[0] / 255);
  const std::size_t shorter = format_report(*report, {small.data(), small.size()});
  expect(shorter == 0 || parse_report({small.data(), shorter}, {again.data(), again.size()}).ok(),
         "a shorter line is a line");
  return 0;
}
