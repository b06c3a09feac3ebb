// SPDX-License-Identifier: Apache-2.0
// Two plugins, one after the other, each with a dependency beside it that has the same SONAME.
//
// with the shim or without it, exit 0:
//   first asked 1
//   second asked 2
#include "copies.h"
#include "objects.h"

#include <sys/stat.h>

static void use(const char* number, const char* folder, const char* dependency) {
  char plugin_path[64];
  char dependency_path[64];
  snprintf(plugin_path, sizeof plugin_path, "./%s/plugin.so", folder);
  snprintf(dependency_path, sizeof dependency_path, "./%s/libdependency.so", folder);
  mkdir(folder, 0755);
  copy_library("libwith_dependency.so", plugin_path);
  copy_library(dependency, dependency_path);
  void* plugin = dlopen(plugin_path, RTLD_NOW);
  say(number, " asked ", decimal(ask(plugin, "asked")), "\n");
  dlclose(plugin);
  unlink(plugin_path);
  unlink(dependency_path);
  rmdir(folder);
}

int main(void) {
  use("first", "one", "libdependency1.so");
  use("second", "two", "libdependency2.so");
}
