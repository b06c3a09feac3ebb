// SPDX-License-Identifier: Apache-2.0
// How a compiled policy lies in its storage: one record a section, in the order of the text.
#pragma once

#include "model/policy/policy_keys.hpp"
#include "model/slice.hpp"

#include <cstdint>
#include <cstring>
#include <string_view>

namespace sealwax {

/// One section that can matter to the program. The object's glob and the report file's path follow
/// it in the storage.
struct Record {
  Patch patch;
  bool for_one_object = false; ///< else for the whole process
  std::uint16_t glob_size = 0;
  std::uint16_t file_size = 0;
};
static_assert(ProgramPolicy::kMaxLine <= UINT16_MAX, "every text in a record is part of a line");

/// Copies of records, so that the storage needs no alignment.
class RecordReader {
public:
  explicit RecordReader(Slice<const char> records) : at_(records.begin()), end_(records.end()) {}

  [[nodiscard]] bool next() {
    if (at_ == end_)
      return false;
    std::memcpy(&record_, at_, sizeof record_);
    glob_ = {at_ + sizeof record_, record_.glob_size};
    file_ = {glob_.data() + glob_.size(), record_.file_size};
    at_ = file_.data() + file_.size();
    return true;
  }
  [[nodiscard]] const Record& record() const { return record_; }
  [[nodiscard]] std::string_view glob() const { return glob_; }
  [[nodiscard]] std::string_view file() const { return file_; }
  void apply_to(Settings& settings) const { record_.patch.apply_to(settings, file_); }

private:
  const char* at_;
  const char* end_;
  Record record_;
  std::string_view glob_;
  std::string_view file_;
};

} // namespace sealwax
