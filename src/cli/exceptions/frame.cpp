// SPDX-License-Identifier: Apache-2.0
#include "cli/exceptions/frame.hpp"

#include "cli/output/output.hpp"
#include "cli/output/text_parts.hpp"

#include <fmt/format.h>

namespace sealwax::cli {

std::string Frame::text() const {
  if (!is_known)
    return "unknown";
  if (object.empty())
    return "code of no file"; // made at run time; its address is another each time
  const std::string place = fmt::format("{}+{:#x}", printable(file_name(object)), offset);
  return function.empty() ? place : fmt::format("{} ({})", printable(function), place);
}

} // namespace sealwax::cli
