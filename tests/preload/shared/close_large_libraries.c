// SPDX-License-Identifier: Apache-2.0
// Opens and closes libraries of two megabytes each, where the process may have 256.
#include "copies.h"
#include "objects.h"

#include <sys/resource.h>

/// Code of memory files is moved to private memory before it is sealed, and has no name there.
static void count_code(const struct mapping* mapping, void* context) {
  const int nameless = mapping->name[0] == '\0' || starts_with(mapping->name, "/memfd:");
  *(long*)context += mapping->executable && nameless;
}

int main(void) {
  const struct rlimit limit = {256 << 20, 256 << 20};
  setrlimit(RLIMIT_AS, &limit);
  long before = 0, left = 0;
  for_each_mapping(count_code, &before);
  for (int i = 0; i < 30; i++) {
    dlclose(open_from_memory("liblarge.so"));
  }
  for_each_mapping(count_code, &left);
  say("30 opened and closed: code left by ", decimal(left - before), "\n");
}
