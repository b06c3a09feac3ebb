// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "headers.hpp"
#include "model/object/open_ranges.hpp"

#include <cstring>
#include <limits>

using namespace sealwax;
using namespace sealwax::test;

namespace {

constexpr Address kAt = 0x7f0000000238;

/// Notes as an assembler writes them.
class Notes {
public:
  explicit Notes(std::size_t alignment = 4) : alignment_(alignment) {}

  Notes& note(const std::string& owner, std::uint32_t type,
              const std::vector<std::uint64_t>& words) {
    return raw(owner, type, static_cast<std::uint32_t>(owner.size()), words,
               static_cast<std::uint32_t>(words.size() * sizeof(std::uint64_t)));
  }

  Notes& raw(const std::string& owner, std::uint32_t type, std::uint32_t name_size,
             const std::vector<std::uint64_t>& words, std::uint32_t size) {
    for (const std::uint32_t number : {name_size, size, type})
      append(&number, sizeof number);
    append(owner.data(), owner.size());
    pad();
    description_ = bytes.size();
    append(words.data(), words.size() * sizeof(std::uint64_t));
    pad();
    return *this;
  }

  /// The distance to `address` from the description's word `index`, in the next note.
  static std::uint64_t distance(Address address, std::size_t index, std::size_t description) {
    return address - (kAt + description + index * sizeof(std::uint64_t));
  }

  std::string read() const {
    OpenRanges open;
    read_open_ranges({bytes.data(), bytes.size()}, kAt, alignment_, open);
    std::string out;
    for (const Range& range : open)
      out += (out.empty() ? "" : ", ") + text(range);
    return out;
  }

  std::size_t description() const { return description_; }
  std::vector<std::byte> bytes;

private:
  void append(const void* data, std::size_t size) {
    const auto* const begin = static_cast<const std::byte*>(data);
    bytes.insert(bytes.end(), begin, begin + size);
  }
  void pad() { bytes.resize((bytes.size() + alignment_ - 1) / alignment_ * alignment_); }

  std::size_t alignment_;
  std::size_t description_ = 0;
};

const std::string kOwner{"Sealwax\0", 8};

/// The words of a note whose description begins at `description`.
std::vector<std::uint64_t> words_for(const std::vector<Range>& ranges, std::size_t description) {
  std::vector<std::uint64_t> words;
  for (const Range& range : ranges) {
    words.push_back(Notes::distance(range.begin, words.size(), description));
    words.push_back(Notes::distance(range.end, words.size(), description));
  }
  return words;
}

const Range kVariables{0x7f0000005000, 0x7f0000007000};
const Range kMutable{0x7f0000009000, 0x7f000000a000};

} // namespace

TEST_CASE("a note tells both ranges, each from its own place") {
  Notes notes;
  notes.note(kOwner, 1, words_for({kVariables, kMutable}, 20));
  CHECK(notes.description() == 20);
  CHECK(notes.read() == "7f0000005000-7f0000007000, 7f0000009000-7f000000a000");
}

TEST_CASE("a range may lie before its note") {
  Notes notes;
  notes.note(kOwner, 1, words_for({{0x1000, 0x2000}}, 20));
  CHECK(notes.read() == "1000-2000");
}

TEST_CASE("an empty range, and one that ends before it begins, is none") {
  Notes notes;
  notes.note(kOwner, 1, words_for({{0x1000, 0x1000}, {0x3000, 0x2000}}, 20));
  CHECK(notes.read().empty());
}

TEST_CASE("the notes of others are passed over") {
  Notes notes;
  notes.note(std::string{"GNU\0", 4}, 1, {1, 2}).note(std::string{"x\0", 2}, 1, {});
  const std::size_t description = notes.bytes.size() + 20;
  notes.note(kOwner, 1, words_for({kVariables}, description));
  CHECK(notes.description() == description);
  notes.note(kOwner, 2, words_for({kMutable}, notes.bytes.size() + 20));
  notes.note("Sealwax", 1, words_for({kMutable}, notes.bytes.size() + 20)); // no final zero
  CHECK(notes.read() == "7f0000005000-7f0000007000");
}

TEST_CASE("what every file of an object says counts once") {
  Notes notes;
  for (int i = 0; i < 100; ++i)
    notes.note(kOwner, 1, words_for({kVariables, kMutable}, notes.bytes.size() + 20));
  CHECK(notes.read() == "7f0000005000-7f0000007000, 7f0000009000-7f000000a000");
}

TEST_CASE("more ranges than fit are as many as fit") {
  Notes notes;
  for (Address i = 1; i < 100; ++i)
    notes.note(kOwner, 1, words_for({{i * 0x1000, i * 0x1000 + 1}}, notes.bytes.size() + 20));
  CHECK(notes.read() == "1000-1001, 2000-2001, 3000-3001, 4000-4001");
}

TEST_CASE("a segment of alignment eight pads to eight") {
  Notes notes{8};
  notes.note(std::string{"GNU\0", 4}, 5, {1});
  const std::size_t description = notes.bytes.size() + 24;
  notes.note(kOwner, 1, words_for({kVariables}, description));
  CHECK(notes.description() == description);
  CHECK(notes.read() == "7f0000005000-7f0000007000");
}

TEST_CASE("half a pair is none") {
  Notes notes;
  std::vector<std::uint64_t> words = words_for({kVariables, kMutable}, 20);
  words.pop_back();
  notes.note(kOwner, 1, words);
  CHECK(notes.read() == "7f0000005000-7f0000007000");
}

TEST_CASE("notes cut short at any byte are read no further") {
  Notes whole;
  whole.note(kOwner, 1, words_for({kVariables}, 20));
  for (std::size_t size = 0; size < whole.bytes.size(); ++size) {
    // A copy of its own, so that a sanitizer sees a step beyond it.
    Notes cut;
    cut.bytes.assign(whole.bytes.begin(), whole.bytes.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(cut.read().empty());
  }
}

TEST_CASE("sizes that reach past the end end the reading") {
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
  const std::vector<std::uint64_t> words = words_for({kVariables}, 20);
  CHECK(Notes{}.raw(kOwner, 1, kMost, words, 16).read().empty());
  CHECK(Notes{}.raw(kOwner, 1, 8, words, kMost).read().empty());
  CHECK(Notes{}.raw(kOwner, 1, 8, words, 17).read().empty());
  CHECK(Notes{}.raw(kOwner, 1, kMost - 3, words, kMost - 3).read().empty());
}

namespace {

bool loaded(Elf64_Phdr note, std::uint32_t flags = kR) {
  std::vector<Elf64_Phdr> headers = {load(flags, 0x1000, 0x2000), note};
  headers[0].p_filesz = 0x1800;
  return has_loaded_notes(headers[1], {headers.data(), headers.size()});
}

Elf64_Phdr notes_at(std::uint64_t address, std::uint64_t size, std::uint32_t type = PT_NOTE) {
  Elf64_Phdr note = header(type, kR, address, size);
  note.p_filesz = size;
  return note;
}

} // namespace

TEST_CASE("notes count where the file's bytes are mapped, readable") {
  CHECK(loaded(notes_at(0x1000, 0x1800)));
  CHECK(loaded(notes_at(0x27ff, 1)));
  CHECK_FALSE(loaded(notes_at(0xfff, 2)));
  CHECK_FALSE(loaded(notes_at(0x27ff, 2))); // zero, from .bss
  CHECK_FALSE(loaded(notes_at(0x1000, ~std::uint64_t{0})));
  CHECK_FALSE(loaded(notes_at(~std::uint64_t{0}, 2)));
  CHECK_FALSE(loaded(notes_at(0x1000, 0x10), PF_X));
  CHECK_FALSE(loaded(notes_at(0x1000, 0x10, PT_GNU_PROPERTY)));
}

namespace {

std::string pieces_with(const std::vector<Elf64_Phdr>& headers, std::vector<Range> open,
                        Address bias = 0) {
  ObjectLayout layout;
  REQUIRE(lay_out(bias, {headers.data(), headers.size()}, PageSize{0x1000}, layout,
                  {open.data(), open.size()}) == LayoutError::none);
  return text_of_pieces(layout.pieces);
}

const std::vector<Elf64_Phdr> kObject = {load(kR, 0, 0x1000), load(kRX, 0x1000, 0x1000),
                                         load(kRW, 0x2000, 0x5000),
                                         header(PT_GNU_RELRO, kR, 0x2000, 0x1000)};

} // namespace

TEST_CASE("open ranges are left out of data, by whole pages") {
  CHECK(pieces_with(kObject, {{0x4000, 0x5000}, {0x5fff, 0x6000}}) ==
        "rodata 0-1000, text 1000-2000, relro 2000-3000, data 3000-4000, data 6000-7000");
}

TEST_CASE("open ranges are absolute: the bias is in them") {
  CHECK(pieces_with(kObject, {{0x104000, 0x107000}}, 0x100000) ==
        "rodata 100000-101000, text 101000-102000, relro 102000-103000, data 103000-104000");
}

TEST_CASE("no note opens code, constants or RELRO, or reaches out of its object") {
  CHECK(pieces_with(kObject, {{0, ~Address{0}}}) ==
        "rodata 0-1000, text 1000-2000, relro 2000-3000");
  CHECK(pieces_with(kObject, {{0x7000, 0x9000}, {~Address{0} - 1, ~Address{0}}}) ==
        "rodata 0-1000, text 1000-2000, relro 2000-3000, data 3000-7000");
}
