// SPDX-License-Identifier: Apache-2.0
#include "model/policy/held_policy.hpp"

#include "model/policy/policy_keys.hpp"
#include "model/policy/policy_record.hpp"
#include "model/range.hpp"

#include <cstring>

namespace sealwax {
namespace {

/// FNV-1a, 64 bits (RFC 9923 names the constants).
class Fingerprint {
public:
  constexpr void add(std::uint64_t value) {
    for (int i = 0; i < 8; ++i, value >>= 8) {
      sum_ ^= value & 0xff;
      sum_ *= 0x100000001b3;
    }
  }
  constexpr void add(Word word) {
    add(word.low);
    add(word.high);
  }
  [[nodiscard]] constexpr std::uint64_t sum() const { return sum_; }

private:
  std::uint64_t sum_ = 0xcbf29ce484222325;
};

constexpr std::uint64_t kMeaning = [] {
  Fingerprint print;
  print.add(sizeof(Record));
  for (const KeyRule& rule : kKeyRules) {
    print.add(rule.name);
    for (std::size_t i = 0; i < Choices::kMost; ++i)
      print.add(rule.choices[i]);
  }
  for (const RegionRow& row : kRegions)
    print.add(make_word(row.name));
  const Settings built_in;
  for (std::size_t i = 0; i < kRegionCount; ++i)
    print.add(built_in.seal.has(static_cast<Region>(i)) ? 1 : 0);
  for_each_choice(built_in, [&print](Key key, auto choice) {
    print.add(static_cast<std::uint64_t>(key));
    print.add(static_cast<std::uint64_t>(choice));
  });
  return print.sum();
}();

bool is_sound(const Patch& patch) {
  for (std::size_t key = 0; key < kKeys; ++key) {
    const std::size_t choices = kKeyRules[key].choices.count();
    if (patch.has(static_cast<Key>(key)) && choices != 0 && patch.choices[key] >= choices)
      return false;
  }
  return patch.added.without(RegionSet::all()).empty() &&
         patch.removed.without(RegionSet::all()).empty();
}

bool says_the_same(const Patch& a, const Patch& b) {
  if (a.keys != b.keys || a.removed != b.removed || a.added != b.added)
    return false;
  for (std::size_t key = 0; key < kKeys; ++key)
    if (a.has(static_cast<Key>(key)) && a.choices[key] != b.choices[key])
      return false;
  return true;
}

} // namespace

std::uint64_t policy_meaning() {
  return kMeaning;
}

void HeldPolicy::set(Origin from, bool is_secure, std::string_view file) {
  std::memcpy(magic, kMagic, sizeof kMagic);
  size = sizeof *this;
  origin = from;
  secure = is_secure ? 1 : 0;
  meaning = kMeaning;
  const bool fits = file.size() <= kLongestPath;
  path_size = static_cast<std::uint16_t>(fits ? file.size() : kLongestPath + 1);
  if (fits)
    std::memcpy(path, file.data(), file.size());
}

void HeldPolicy::set_records(Slice<const char> where) {
  records = reinterpret_cast<Address>(where.data());
  record_size = where.size();
}

bool HeldPolicy::is_understood() const {
  return std::memcmp(magic, kMagic, sizeof kMagic) == 0 && size == sizeof *this &&
         meaning == kMeaning && origin <= Origin::fault;
}

std::string_view HeldPolicy::variable(bool& known) const {
  known = path_size <= kLongestPath;
  return known ? std::string_view{path, path_size} : std::string_view{};
}

bool ProgramPolicy::take_records(Slice<const char> records) {
  bool names_objects = false;
  for (std::size_t at = 0; at < records.size();) {
    Record record;
    const std::size_t rest = records.size() - at;
    if (rest < sizeof record)
      return false;
    // Byte by byte: what is no truth value must not become one.
    std::memcpy(&record.patch, records.data() + at, sizeof record.patch);
    const auto is_for_object =
        static_cast<unsigned char>(records[at + offsetof(Record, for_one_object)]);
    std::memcpy(&record.glob_size, records.data() + at + offsetof(Record, glob_size),
                sizeof record.glob_size);
    std::memcpy(&record.file_size, records.data() + at + offsetof(Record, file_size),
                sizeof record.file_size);
    const std::size_t size = sizeof record + record.glob_size + record.file_size;
    if (is_for_object > 1 || size > rest || !is_sound(record.patch))
      return false;
    names_objects |= is_for_object == 1;
    at += size;
  }
  records_ = records;
  names_objects_ = names_objects;
  return true;
}

bool ProgramPolicy::says_the_same_as(const ProgramPolicy& other) const {
  RecordReader a{records_};
  RecordReader b{other.records_};
  for (;;) {
    const bool more = a.next();
    if (more != b.next())
      return false;
    if (!more)
      return true;
    if (a.record().for_one_object != b.record().for_one_object || a.glob() != b.glob() ||
        a.file() != b.file() || !says_the_same(a.record().patch, b.record().patch))
      return false;
  }
}

} // namespace sealwax
