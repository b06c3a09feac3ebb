// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "model/bytes.hpp"

#include <string>

using namespace sealwax;

namespace {

/// Where find_first finds `wanted` in `text`, from a copy of exactly its size, so that a sanitizer
/// sees a read past it.
std::ptrdiff_t find(const std::string& text, char wanted) {
  const std::string copy{text.data(), text.size()};
  const char* const begin = copy.data();
  return find_first(begin, begin + copy.size(),
                    [wanted](Block block) { return block.equal(wanted); }) -
         begin;
}

} // namespace

TEST_CASE("find_first finds the first one at every place, in texts of every size") {
  for (std::size_t size = 0; size < 70; ++size) {
    CHECK(find(std::string(size, 'a'), 'x') == static_cast<std::ptrdiff_t>(size));
    for (std::size_t place = 0; place < size; ++place) {
      std::string text(size, 'a');
      text[place] = 'x';
      text.back() = 'x';
      CHECK(find(text, 'x') == static_cast<std::ptrdiff_t>(place));
    }
  }
}

TEST_CASE("find_first does not take the padding of a short text for part of it") {
  CHECK(find("abc", '\0') == 3);
  CHECK(find("", '\0') == 0);
}

TEST_CASE("below compares without a sign") {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(16, static_cast<char>(byte));
    CHECK((Block::load(text.data()).below(' ').first() == 0) == (byte < ' '));
  }
}

TEST_CASE("either of two conditions flags a byte") {
  const std::string text = "....?...*.......";
  const Block block = Block::load(text.data());
  CHECK((block.equal('*') | block.equal('?')).first() == 4);
  CHECK((block.equal('*') | block.equal('!')).first() == 8);
  CHECK((block.equal('!') | block.equal('+')).first() == Block::kSize);
}

TEST_CASE("words are equal when their texts are") {
  CHECK("mode"_w == make_word("mode"));
  CHECK("mode"_w != "mod"_w);
  CHECK("mode"_w != "modes"_w);
  CHECK("pinned-only"_w != "pinned-onlx"_w);
  CHECK("0123456789abcdef"_w != Word::too_long());
  CHECK(make_word("0123456789abcdefg") == Word::too_long());
}

TEST_CASE("load_word is make_word, near the end of the text and away from it") {
  const std::string text = "0123456789abcdefghijklmnopqrstuvwxyz";
  for (std::size_t at = 0; at <= text.size(); ++at)
    for (std::size_t size = 0; at + size <= text.size(); ++size) {
      const std::string copy{text.data(), text.size()};
      CHECK(load_word(copy.data() + at, size, copy.data() + copy.size()) ==
            make_word({copy.data() + at, size}));
    }
}
