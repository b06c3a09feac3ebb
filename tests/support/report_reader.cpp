// SPDX-License-Identifier: Apache-2.0
// Reads reports from standard input, a line each, and writes each as it was understood: the same
// line, or why it is none.
#include "model/report/report.hpp"

#include <iostream>
#include <string>
#include <vector>

int main() {
  bool all_read = true;
  for (std::string line; std::getline(std::cin, line);) {
    std::vector<char> texts(line.size());
    const auto report = sealwax::parse_report(line, {texts.data(), texts.size()});
    if (!report.ok()) {
      std::cout << line << ": " << sealwax::describe(report.error()) << '\n';
      all_read = false;
      continue;
    }
    std::vector<char> again(line.size());
    const std::size_t size = sealwax::format_report(report.value(), {again.data(), again.size()});
    std::cout.write(again.data(), static_cast<std::streamsize>(size)) << '\n';
  }
  return all_read ? 0 : 1;
}
