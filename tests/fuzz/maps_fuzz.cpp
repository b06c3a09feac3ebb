// SPDX-License-Identifier: Apache-2.0
#include "cli/output/text_parts.hpp"
#include "cli/process/smaps.hpp"
#include "fuzz.hpp"
#include "model/mapping/maps_line.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace sealwax;
using sealwax::fuzz::expect;

namespace {

std::vector<cli::Mapping> read_in_pieces(std::string_view text, std::size_t piece, bool& complete) {
  cli::SmapsParser parser;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
    parser.feed(text.substr(0, piece));
  complete = parser.complete();
  return parser.take();
}

bool is_same(const cli::Mapping& one, const cli::Mapping& other) {
  return one.range.begin == other.range.begin && one.range.end == other.range.end &&
         one.permissions == other.permissions && one.offset == other.offset &&
         one.file == other.file && one.name == other.name && one.sealed == other.sealed;
}

/// As the library and the tracer read /proc/PID/maps.
void check_line(std::string_view line) {
  MapsLine parsed;
  if (!parse_maps_line(line, parsed))
    return;
  expect(parsed.name.empty() ||
             (parsed.name.data() >= line.data() &&
              parsed.name.data() + parsed.name.size() <= line.data() + line.size()),
         "a name is a part of its line");
  (void)is_kernel_mapping(parsed.name);
  bool complete = false;
  const auto read = read_in_pieces(std::string{line} + '\n', line.size() + 1, complete);
  expect(read.size() == 1 && read[0].range.begin == parsed.range.begin &&
             read[0].range.end == parsed.range.end && read[0].offset == parsed.offset &&
             read[0].file.inode == parsed.inode,
         "both readers read the same");
}

} // namespace

/// A byte for the size of the pieces in which the text arrives, then /proc/PID/smaps, whose first
/// lines are those of maps.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  bool whole = false, pieces = false;
  const auto at_once = read_in_pieces(text, text.size() + 1, whole);
  const auto in_pieces = read_in_pieces(text, data[0] + 1U, pieces);
  expect(whole == pieces, "pieces are complete where the whole is");
  expect(std::equal(at_once.begin(), at_once.end(), in_pieces.begin(), in_pieces.end(), is_same),
         "pieces have the mappings of the whole");
  for (const cli::Mapping& mapping : at_once)
    expect(cli::without_deleted(mapping.name).size() <= mapping.name.size(), "a name is no longer");
  check_line(text.substr(0, text.find('\n')));
  return 0;
}
