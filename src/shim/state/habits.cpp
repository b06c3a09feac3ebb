// SPDX-License-Identifier: Apache-2.0
#include "shim/state/habits.hpp"

namespace sealwax::shim {

Habits::Entry& Habits::Table::slot_of(std::uint64_t file) {
  std::size_t at = file % kFiles;
  while (entries[at].file != 0 && entries[at].file != file)
    at = (at + 1) % kFiles;
  return entries[at];
}

bool Habits::waits(std::uint64_t file) const {
  Table* const table = table_.existing();
  if (table == nullptr)
    return false;
  const Entry& entry = table->slot_of(file);
  return !entry.lived_long && (entry.young >= kMostYoung || young_ >= kMostYoungOfProcess);
}

void Habits::note_closing(const ListLocked&, std::uint64_t file, bool old) {
  young_ += old ? 0 : 1;
  Table* const table = table_.get();
  if (table == nullptr)
    return;
  Entry& entry = table->slot_of(file);
  if (entry.file == 0) {
    if (table->count * 4 >= kFiles * 3)
      return;
    ++table->count;
    entry.file = file;
  }
  entry.young += old ? 0 : 1;
  entry.lived_long |= old;
}

} // namespace sealwax::shim
