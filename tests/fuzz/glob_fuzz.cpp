// SPDX-License-Identifier: Apache-2.0
#include "fuzz.hpp"
#include "model/policy/glob.hpp"

#include <fnmatch.h>
#include <string>

using namespace sealwax;
using sealwax::fuzz::expect;

/// A glob, a line feed, a path. The judge is fnmatch(3), which without FNM_PATHNAME lets `*`, `?`
/// and `[...]` match a slash too.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input{reinterpret_cast<const char*>(data), size};
  const std::size_t end_of_glob = input.find('\n');
  if (end_of_glob == std::string::npos)
    return 0;
  const std::string glob = input.substr(0, end_of_glob);
  const std::string path = input.substr(end_of_glob + 1);
  std::size_t at = 0;
  const GlobFault fault = check_glob(glob, at);
  expect(at <= glob.size(), "a fault lies in the glob");
  const bool matches = glob_matches(glob, path); // Whatever the fault: no crash.
  // fnmatch's texts end at a NUL, and its time can be exponential.
  if (fault != GlobFault::none || input.find('\0') != std::string::npos || size > 40)
    return 0;
  const std::size_t slash = path.rfind('/');
  const bool whole = glob.find('/') != std::string::npos || slash == std::string::npos;
  const std::string subject = whole ? path : path.substr(slash + 1);
  expect(matches == (fnmatch(glob.c_str(), subject.c_str(), 0) == 0), "fnmatch agrees");
  return 0;
}
