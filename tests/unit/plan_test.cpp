// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "headers.hpp"

#include <string>
#include <vector>

using namespace sealwax;
using namespace sealwax::test;

namespace {

const std::vector<Elf64_Phdr> kObject = {
    load(kR, 0, 0x1000),
    load(kRX, 0x1000, 0x2000),
    load(kR, 0x3000, 0x1000),
    load(kRW, 0x6000, 0x3000),
    header(PT_GNU_RELRO, kR, 0x6000, 0x1000),
};

struct PlanText {
  std::string runs;
  std::string gaps;
  std::string relro;
};

PlanText plan(const std::vector<Elf64_Phdr>& headers, RegionSet wanted) {
  const LaidOut out = lay(headers);
  REQUIRE(out.error == LayoutError::none);
  ObjectPlan planned;
  plan_object(out.layout, wanted, planned);
  return {text_of_ranges(planned.runs), text_of_ranges(planned.gaps),
          text_of_ranges(planned.relro)};
}

} // namespace

TEST_CASE("neighbours become one run, whatever their regions") {
  const PlanText all = plan(kObject, RegionSet::all());
  CHECK(all.runs == "0-4000, 6000-9000");
  CHECK(all.gaps == "4000-6000");
  CHECK(all.relro == "6000-7000");
}

TEST_CASE("a region that is not wanted is in no run") {
  CHECK(plan(kObject, {Region::text}).runs == "1000-3000");
  CHECK(plan(kObject, {Region::rodata}).runs == "0-1000, 3000-4000");
  CHECK(plan(kObject, {Region::relro}).runs == "6000-7000");
  CHECK(plan(kObject, {Region::data}).runs == "7000-9000");
  CHECK(plan(kObject, {Region::text, Region::rodata, Region::relro}).runs == "0-4000, 6000-7000");
}

TEST_CASE("gaps and relro are listed only where they are wanted") {
  CHECK(plan(kObject, {Region::gaps}).gaps == "4000-6000");
  CHECK(plan(kObject, {Region::gaps}).runs.empty());
  CHECK(plan(kObject, {Region::text, Region::data}).gaps.empty());
  CHECK(plan(kObject, {Region::text, Region::data}).relro.empty());
}

TEST_CASE("nothing wanted is nothing planned, and so are the regions of the process") {
  for (const RegionSet wanted : {RegionSet{}, kProcessRegions}) {
    const PlanText none = plan(kObject, wanted);
    CHECK((none.runs + none.gaps + none.relro).empty());
  }
}

TEST_CASE("a run never bridges a gap, be it mapped or not") {
  const std::vector<Elf64_Phdr> headers = {load(kRX, 0, 0x1000), load(kRX, 0x2000, 0x1000)};
  CHECK(plan(headers, RegionSet::all()).runs == "0-1000, 2000-3000");
}

TEST_CASE("a run never bridges what is marked mutable") {
  std::vector<Elf64_Phdr> headers = kObject;
  headers.push_back(header(kPtGnuMutable, kRW, 0x7000, 0x1000));
  CHECK(plan(headers, RegionSet::all()).runs == "0-4000, 6000-7000, 8000-9000");
}

TEST_CASE("a segment hidden by a later one is in no run") {
  CHECK(plan({load(kR, 0x1000, 0x100), load(kRX, 0x1200, 0x100)}, RegionSet::all()).runs ==
        "1000-2000");
}

TEST_CASE("a plan is filled afresh") {
  ObjectPlan planned;
  plan_object(lay(kObject).layout, RegionSet::all(), planned);
  plan_object(lay(kObject).layout, RegionSet{}, planned);
  CHECK(planned.runs.empty());
  CHECK(planned.gaps.empty());
  CHECK(planned.relro.empty());
}
