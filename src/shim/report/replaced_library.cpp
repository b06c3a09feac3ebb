// SPDX-License-Identifier: Apache-2.0
#include "shim/report/replaced_library.hpp"

#include "shim/report/call_report.hpp"
#include "shim/state/state.hpp"

namespace sealwax::shim {

void report_if_replaced(const char* path, Address caller) {
  const std::string_view name{path};
  if (name.find('/') == std::string_view::npos)
    return;
  const NamedRange* const loaded = state.ranges.last_loaded(name);
  if (loaded == nullptr || !has_inherited_filters_only())
    return;
  const Result<Kernel::File, int> file = state.kernel.file_at(path);
  const bool audited = loaded->kind == NamedRange::audited;
  if (file && file->identity.inode != loaded->inode)
    report_call({caller, loaded, "reopened", {}, audited ? "audit" : "enforce"}, nullptr);
}

} // namespace sealwax::shim
