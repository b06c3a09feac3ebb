// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/doctor/facts/systemd_units.hpp"
#include "cli/commands/systemd/unit/file/unit_file.hpp"
#include "cli/output/text_parts.hpp"
#include "fuzz.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace sealwax::cli;
using sealwax::fuzz::expect;

namespace {

void check_quoting(const std::string& word) {
  const std::vector<std::string> back = split_words(quoted_word(word));
  expect(back.size() == 1 && back[0] == word, "a word that was quoted is read as it was");
}

} // namespace

/// A unit file, and what `systemctl show` writes.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  Unit unit;
  unit.settings = parse_unit("demo.service", text);
  expect(unit.settings.size() <= size, "no more settings than bytes");
  for (const UnitSetting& setting : unit.settings) {
    expect(setting.key.size() + setting.value.size() < size, "a setting is a part of the file");
    expect(setting.value == trimmed(setting.value, " \t\r"), "no blanks are around a value");
    for (const std::string& word : split_words(setting.value))
      if (!word.empty() && word.find('\r') == std::string::npos)
        check_quoting(word);
  }
  (void)unit.values("SystemCallFilter");
  (void)unit.is_set("NoNewPrivileges");
  if (const auto preload = unit.variable("LD_PRELOAD"))
    expect(preload->file == "demo.service", "a variable is of a file");

  const std::vector<SystemdUnit> units = parse_units(text);
  expect(units.size() <= size, "no more units than bytes");
  for (const SystemdUnit& shown : units)
    expect(shown.name.find('\n') == std::string::npos, "a name is of one line");
  return 0;
}
