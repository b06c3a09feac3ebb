#include "cli/exceptions/frame.hpp"

#include "cli/output/output.hpp"

#include <fmt/format.h>

namespace sealwax::cli {

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string Frame::text() const {
  if (!is_known)
    return "unknown";
  if (object.empty())
    return "code of no file"; // made at run time; its address is another each time
  const std::string place = fmt::format("{}+{:#x}", printable(file_name(object)), offset);
  return function.empty() ? place : fmt::format("{} ({})", printable(function), place);
}

} // namespace sealwax::cli
