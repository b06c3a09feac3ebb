// SPDX-License-Identifier: Apache-2.0
#include "deploy/unit_lists.hpp"

#include "deploy/open_in_root.hpp"

#include <sys/stat.h>

#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace sealwax::deploy {
namespace {

bool has_list(int units, const char* folder) {
  char path[512];
  const int size = std::snprintf(path, sizeof path, "%s/%s", folder, kUnitListName);
  struct stat status = {};
  return size > 0 && static_cast<std::size_t>(size) < sizeof path &&
         fstatat(units, path, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/// Among the entries that the kernel has written to `block` (getdents64(2)).
bool any_has_list(int units, const char* block, ssize_t size) {
  for (ssize_t at = 0; at < size;) {
    const auto* const entry = reinterpret_cast<const dirent64*>(block + at);
    if (std::string_view{entry->d_name}.ends_with(".d") && has_list(units, entry->d_name))
      return true;
    at += entry->d_reclen;
  }
  return false;
}

} // namespace

InPlace place_kept_for_units(const Etc& etc) {
  const int units = open_in_root(etc.root(), "/etc/systemd/system", O_RDONLY | O_DIRECTORY);
  bool any = false;
  alignas(dirent64) static char block[32'768];
  if (units < 0)
    return InPlace::no;
  for (ssize_t size = 1; size > 0 && !any;) {
    size = getdents64(units, block, sizeof block);
    any = any_has_list(units, block, size);
  }
  close(units);
  return any ? InPlace::yes : InPlace::no;
}

} // namespace sealwax::deploy
