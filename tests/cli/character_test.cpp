// SPDX-License-Identifier: Apache-2.0
// Characters that could mislead, and those that could not.
#include "catch.hpp"
#include "cli/output/output.hpp"

#include <string>

using namespace sealwax::cli;

TEST_CASE("Harmless text is shown as it is") {
  for (const char* text : {"", "plain text", "gr\u00f6\u00dfe", "\u2603", "\U0001d11e", "\u00a0",
                           "\ufffd", "\u200d", "\ue000", "\U0010ffff"})
    CHECK(printable(text) == text);
}

TEST_CASE("Control characters are shown by their bytes") {
  CHECK(printable("a\033[31m\n\r\tb\x7f") == "a\\x1b[31m\\x0a\\x0d\\x09b\\x7f");
  CHECK(printable(std::string{"a\0b", 3}) == "a\\x00b");
  CHECK(printable("\u0080\u009b\u009f") == "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f");
}

TEST_CASE("What turns the direction of text, or ends a line, is shown by its bytes") {
  for (const char* text :
       {"\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202e", "\u2066", "\u2069"}) {
    std::string expected;
    for (const char* at = text; *at != '\0'; ++at)
      expected += fmt::format("\\x{:02x}", static_cast<unsigned char>(*at));
    CHECK(printable(text) == expected);
  }
}

TEST_CASE("What is no UTF-8 is shown by its bytes, and what follows as it is") {
  const struct {
    const char* text;
    const char* shown;
  } cases[] = {
      {"\xff"
       "a",
       "\\xffa"},
      {"\x9b"
       "31m",
       "\\x9b31m"},               // a control character in Latin-1
      {"\xc3", "\\xc3"},          // cut short
      {"\xe2\x98", "\\xe2\\x98"}, // likewise
      {"\xc3"
       "A",
       "\\xc3A"},                                   // no second byte
      {"\xc0\xaf", "\\xc0\\xaf"},                   // too long a form
      {"\xe0\x80\x8a", "\\xe0\\x80\\x8a"},          // likewise
      {"\xf0\x80\x82\x9b", "\\xf0\\x80\\x82\\x9b"}, // likewise
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},          // a surrogate
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, // beyond the last
      {"\xe2\x98\xe2\x98\x83", "\\xe2\\x98\u2603"},
  };
  for (const auto& [text, shown] : cases)
    CHECK(printable(text) == shown);
}
