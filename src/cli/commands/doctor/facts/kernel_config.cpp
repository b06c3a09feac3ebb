// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/doctor/facts/kernel_config.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <memory>
#include <unistd.h>
#include <zlib.h>

namespace sealwax::cli {
namespace {

struct GzipEnd {
  void operator()(gzFile_s* file) const { gzclose(file); }
};

/// zlib hands on a file that is not compressed as it is.
std::string unpacked(const OpenFile& file) {
  const int copy = dup(file.descriptor.number());
  const std::unique_ptr<gzFile_s, GzipEnd> stream{gzdopen(copy, "r")};
  if (!stream) {
    if (copy >= 0)
      close(copy);
    return {};
  }
  std::string text;
  char buffer[16384];
  int size = 0;
  constexpr std::size_t kMost = std::size_t{16} << 20U; // fifty times what a kernel has
  while (text.size() < kMost && (size = gzread(stream.get(), buffer, sizeof buffer)) > 0)
    text.append(buffer, static_cast<std::size_t>(size));
  return text;
}

} // namespace

std::string kernel_config(const SystemRoot& root) {
  utsname kernel{};
  uname(&kernel);
  if (const std::optional<OpenFile> file = root.open("/proc/config.gz"))
    return unpacked(*file);
  // Newer kernels' packages have it with their modules.
  for (const std::string& path : {fmt::format("/boot/config-{}", kernel.release),
                                  fmt::format("/usr/lib/modules/{}/config", kernel.release)})
    if (const std::optional<OpenFile> file = root.open(path))
      return unpacked(*file);
  return {};
}

bool has_option(std::string_view config, std::string_view option) {
  const std::string line = fmt::format("\n{}=y\n", option);
  return config.find(line) != std::string_view::npos;
}

} // namespace sealwax::cli
