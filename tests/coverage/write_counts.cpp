// SPDX-License-Identifier: Apache-2.0
// Writes what all processes counted (shared_counters.cpp) to the files that gcov reads:
//   write_counts LIBRARY COUNTERS
#include "counted.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <span>
#include <vector>

extern "C" {
#include <gcov.h> // which does not say so itself
}

namespace {

std::vector<char> content_of(const char* path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void open_file(const char* path, void* file) {
  static_cast<std::ofstream*>(file)->open(path, std::ios::binary);
}

void write_to_file(const void* bytes, unsigned size, void* file) {
  static_cast<std::ofstream*>(file)->write(static_cast<const char*>(bytes), size);
}

void* allocate(unsigned size, void*) {
  return std::malloc(size); // till the end: it is little
}

} // namespace

int main(int, char** arguments) {
  // Before this process itself counts.
  const std::vector<char> content = content_of(arguments[2]);
  void* const library = dlopen(arguments[1], RTLD_NOW);
  if (library == nullptr) {
    std::fprintf(stderr, "write_counts: %s\n", dlerror());
    return 1;
  }
  const auto* const counted = static_cast<const Counted*>(dlsym(library, "sealwax_counted"));
  if (counted == nullptr) {
    std::fprintf(stderr, "write_counts: %s\n", dlerror());
    return 1;
  }
  const std::span counters{counted->counters, counted->counters_end};
  if (content.size() < counters.size_bytes()) {
    std::fprintf(stderr, "write_counts: %s is of another library\n", arguments[2]);
    return 1;
  }
  std::memcpy(counters.data(), content.data(), counters.size_bytes());
  for (const gcov_info* info : std::span{counted->infos, counted->infos_end}) {
    std::ofstream file;
    __gcov_info_to_gcda(info, open_file, write_to_file, allocate, &file);
    file.close();
    if (file.fail()) {
      std::fprintf(stderr, "write_counts: a file cannot be written\n");
      return 1;
    }
  }
  return 0;
}
