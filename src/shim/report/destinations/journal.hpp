// SPDX-License-Identifier: Apache-2.0
// report-to = journal
#pragma once

#include "shim/kernel/kernel.hpp"

namespace sealwax::shim {

/// What a line for the journal begins with: <PRI> of RFC 3164, facility auth (4), severity
/// warning (4).
inline constexpr std::string_view kJournalPriority = "<36>sealwax: ";

/// The kernel's log takes no longer record (kernel/printk/printk.c, devkmsg_write). The first
/// process may have to write there.
inline constexpr std::size_t kLongestKernelRecord = 1000;

/// One report in two forms.
struct JournalReport {
  std::string_view line;  ///< begins with the priority and ends with a line's end
  std::string_view entry; ///< for the journal's own socket; empty: there was no room for it
};

/// Sends `report` as an entry with fields, or where that is not taken as a line, or says in the
/// answer why it could not. Never waits. The first process starts before the journal does: what it
/// has to say goes to the kernel's own log then, which takes the line.
Reply send_to_journal(Kernel& kernel, const JournalReport& report, bool first_process);

} // namespace sealwax::shim
