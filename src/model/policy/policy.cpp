// SPDX-License-Identifier: Apache-2.0
#include "model/policy/policy.hpp"

#include "model/policy/glob.hpp"
#include "model/policy/policy_record.hpp"

namespace sealwax {

ProgramPolicy ProgramPolicy::built_in(Mode mode, Slice<char> storage) {
  ProgramPolicy policy;
  Record record;
  if (mode == Settings{}.mode || storage.size() < sizeof record)
    return policy;
  record.patch.add(Key::mode);
  record.patch.choices[static_cast<std::size_t>(Key::mode)] = static_cast<std::uint8_t>(mode);
  std::memcpy(storage.data(), &record, sizeof record);
  policy.records_ = {storage.data(), sizeof record};
  return policy;
}

Settings ProgramPolicy::process() const {
  Settings settings;
  for (RecordReader reader{records_}; reader.next();)
    if (!reader.record().for_one_object)
      reader.apply_to(settings);
  return settings;
}

Settings ProgramPolicy::object(std::string_view loader_name, std::string_view kernel_path) const {
  Settings settings;
  for (RecordReader reader{records_}; reader.next();)
    if (!reader.record().for_one_object || glob_matches(reader.glob(), loader_name) ||
        glob_matches(reader.glob(), kernel_path))
      reader.apply_to(settings);
  return settings;
}

} // namespace sealwax
