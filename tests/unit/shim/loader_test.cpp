// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "shim/loader/loader.hpp"

#include <cstdlib>
#include <dlfcn.h>
#include <link.h>
#include <set>
#include <string>
#include <unistd.h>

using namespace sealwax;
using namespace sealwax::shim;

namespace {

/// As the loader under test has to find them, without its help.
std::set<Address> biases() {
  std::set<Address> found;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* context) {
        static_cast<std::set<Address>*>(context)->insert(info->dlpi_addr);
        return 0;
      },
      &found);
  return found;
}

} // namespace

TEST_CASE("the start-up vector is this process's") {
  const StartupVector startup = StartupVector::read();
  CHECK(startup.page.bytes() == static_cast<std::size_t>(getpagesize()));
  CHECK_FALSE(startup.secure);
  CHECK(std::string{startup.exec_name}.find("unit-shim_loader") != std::string::npos);
  bool found = false;
  CHECK(std::string{startup.variable("PATH", found)} == getenv("PATH"));
  CHECK(found);
  CHECK(startup.variable("PAT", found).empty());
  CHECK_FALSE(found);
}

TEST_CASE("the loader's functions are libc's own") {
  const Loader loader = Loader::find(StartupVector::read());
  void* const libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
  REQUIRE(loader.is_glibc());
  CHECK(loader.is_consistent());
  for (const LoaderFunctionFacts& row : kLoaderFunctionFacts)
    CHECK(loader.function(row.function) == reinterpret_cast<Address>(dlsym(libc, row.name.text)));
}

TEST_CASE("every object is visited once, the vdso is not") {
  const StartupVector startup = StartupVector::read();
  const Loader loader = Loader::find(startup);
  Kernel kernel;
  kernel.allow(CallSet::all());
  Maps maps{kernel};
  std::multiset<Address> seen;
  loader.for_each_object(maps, [&](const LoadedObject& object) { seen.insert(object.bias); });
  std::set<Address> wanted = biases();
  wanted.erase(startup.vdso);
  CHECK(std::set<Address>(seen.begin(), seen.end()) == wanted);
  CHECK(seen.size() == wanted.size());
}

TEST_CASE("a load and an unload are counted") {
  const Loader loader = Loader::find(StartupVector::read());
  const LoadCounters before = loader.counters();
  void* const library = dlopen("libBrokenLocale.so.1", RTLD_NOW); // comes with every glibc
  REQUIRE(library != nullptr);
  CHECK(loader.counters().loads > before.loads);
  dlclose(library);
  CHECK(loader.counters().unloads > before.unloads);
}

TEST_CASE("no copy of the shim stands before this program") {
  CHECK_FALSE(Loader::find(StartupVector::read()).is_second_copy());
}
