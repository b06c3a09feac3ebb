// SPDX-License-Identifier: Apache-2.0
// A library that stays loaded while another file takes its path.
#pragma once

#include "model/range.hpp"

namespace sealwax::shim {

/// A library that stays loaded is what a path leads to from then on; if another file is there by
/// the time that the path is opened again, the program gets the old one, and this says so.
void report_if_replaced(const char* path, Address caller);

} // namespace sealwax::shim
