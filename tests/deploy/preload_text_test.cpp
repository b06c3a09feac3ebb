// SPDX-License-Identifier: Apache-2.0
// The edit of /etc/ld.so.preload as a function of its text.
#include "catch.hpp"
#include "deploy/preload_text.hpp"

#include <string>
#include <vector>

using namespace sealwax::deploy;

namespace {

constexpr const char* kEntry = "/usr/$LIB/libsealwax.so";

std::string with_entry(const std::string& text) {
  std::string result(text.size() + std::string_view{kEntry}.size() + kRoomBesidesEntry, '?');
  result.resize(put_entry(text, kEntry, result.data()));
  return result;
}

std::string without_entry(const std::string& text) {
  std::string result(text.size(), '?');
  result.resize(take_out(text, result.data()));
  return result;
}

std::vector<std::string> entries(const std::string& text) {
  std::vector<std::string> result;
  Entries reader{text};
  for (std::string_view entry = reader.next(); !entry.empty(); entry = reader.next())
    result.emplace_back(entry);
  return result;
}

struct Edit {
  const char* before;
  const char* with;    ///< after put_entry
  const char* without; ///< after take_out
};

// E stands for kEntry and O for another path to a file of the library's name.
std::string spelled(std::string text) {
  const std::string blanks(std::string_view{kEntry}.size(), ' ');
  for (const auto& [letter, path] :
       {std::pair{'E', std::string{kEntry}}, {'O', "/opt/wax/libsealwax.so"}, {'_', blanks}})
    for (std::size_t at = text.find(letter); at != std::string::npos; at = text.find(letter))
      text.replace(at, 1, path);
  return text;
}

const Edit kEdits[] = {
    // Nothing of Sealwax's there: the entry comes last, on a line of its own.
    {"", "E\n", ""},
    {"\n", "\nE\n", "\n"},
    {" \t\n", " \t\nE\n", " \t\n"},
    {"a\n", "a\nE\n", "a\n"},
    {"a", "a\nE\n", "a"},
    {"a b:c\td\n", "a b:c\td\nE\n", "a b:c\td\n"},
    {"# none\n", "# none\nE\n", "# none\n"},
    {"# none", "# none\nE\n", "# none"},
    {"# E\n", "# E\nE\n", "# E\n"},
    {"a#E\n", "a#E\nE\n", "a#E\n"},
    {"a\r\n", "a\r\nE\n", "a\r\n"},
    // A name that only ends or begins like the library's is somebody else's.
    {"/x/mylibsealwax.so\n", "/x/mylibsealwax.so\nE\n", "/x/mylibsealwax.so\n"},
    {"/libsealwax.so.1\n", "/libsealwax.so.1\nE\n", "/libsealwax.so.1\n"},
    {"/libsealwax.so/x\n", "/libsealwax.so/x\nE\n", "/libsealwax.so/x\n"},
    // Alone.
    {"E\n", "E\n", ""},
    {"E", "E", ""},
    {"O\n", "E\n", ""},
    {"libsealwax.so\n", "E\n", ""},
    {" \tE \t\n", " \tE \t\n", ""},
    {":E:\n", ":E:\n", ""},
    // First, in the middle, last; on lines of their own and beside others.
    {"E\na\n", "E\na\n", "a\n"},
    {"a\nE\nb\n", "a\nE\nb\n", "a\nb\n"},
    {"a\nE\n", "a\nE\n", "a\n"},
    {"a\nE", "a\nE", "a\n"},
    {"\nE\n\n", "\nE\n\n", "\n\n"},
    {"E a\n", "E a\n", "a\n"},
    {"  E a\n", "  E a\n", "  a\n"},
    {"a E b\n", "a E b\n", "a b\n"},
    {"a\t E:b\n", "a\t E:b\n", "a:b\n"},
    {"a:E\n", "a:E\n", "a\n"},
    {"a:E", "a:E", "a"},
    // A line of blanks behind all others has room for it.
    {"a\n_\n", "a\nE\n", "a\n_\n"},
    {"_", "E", "_"},
    {"a\n \n_\n\n", "a\n \nE\n\n", "a\n \n_\n\n"},
    {"_\na\n", "_\na\nE\n", "_\na\n"},
    {"_\n# why\n", "_\n# why\nE\n", "_\n# why\n"},
    {"a\n   \n", "a\n   \nE\n", "a\n   \n"},
    // Comments stay.
    {"E # why\n", "E # why\n", "# why\n"},
    {" E# why\n", " E# why\n", " # why\n"},
    {"a E # why", "a E # why", "a # why"},
    {"# E\nE\n# a\n", "# E\nE\n# a\n", "# E\n# a\n"},
    // Twice and more: one is left, in the first one's place.
    {"E\nE\n", "E\n", ""},
    {"E E\n", "E\n", ""},
    {"O:E:O\n", "E\n", ""},
    {"a O b\nE\nc\n", "a E b\nc\n", "a b\nc\n"},
    {"O E a O\n", "E a\n", "a\n"},
    {"E O # why\n", "E # why\n", "# why\n"},
};

} // namespace

TEST_CASE("Entries are what ld.so takes for entries") {
  CHECK(entries("") == std::vector<std::string>{});
  CHECK(entries("a b:c\td\ne") == std::vector<std::string>{"a", "b", "c", "d", "e"});
  CHECK(entries("a#b c\nd # e\n#\n##f\n:g") == std::vector<std::string>{"a", "d", "g"});
  CHECK(entries("a\r\n") == std::vector<std::string>{"a\r"});
}

TEST_CASE("The entry is put in and taken out, and all else stays") {
  for (const Edit& edit : kEdits) {
    const std::string before = spelled(edit.before);
    CAPTURE(before);
    CHECK(with_entry(before) == spelled(edit.with));
    CHECK(without_entry(before) == spelled(edit.without));
  }
}

TEST_CASE("Either edit done twice is the edit done once") {
  for (const Edit& edit : kEdits) {
    const std::string before = spelled(edit.before);
    CAPTURE(before);
    CHECK(with_entry(with_entry(before)) == with_entry(before));
    CHECK(without_entry(without_entry(before)) == without_entry(before));
  }
}

TEST_CASE("What others entered stays in its order through both edits") {
  for (const Edit& edit : kEdits) {
    const std::string before = spelled(edit.before);
    CAPTURE(before);
    std::vector<std::string> others;
    for (const std::string& entry : entries(before))
      if (!is_own(entry))
        others.push_back(entry);
    CHECK(entries(without_entry(before)) == others);
    CHECK(entries(without_entry(with_entry(before))) == others);
    CHECK(own_entries(with_entry(before)) == 1);
  }
}

TEST_CASE("An addition leaves all that there is before it") {
  const std::size_t none = std::string::npos;
  struct Change {
    const char* before;
    const char* after;
    std::size_t kept;
  };
  const Change kChanges[] = {
      {"", "a\n", 0},         {"a", "a\nb\n", 1},       {"a\n", "a\nb\n", 2},
      {"  \n", "  \nb\n", 0}, {"# a", "# a\nb\n", 3},   {"# a\n \n", "# a\n \nb\n", 4},
      {"a b\n", "b\n", none}, {"a:b\n", "c:b\n", none}, {"a\n", "a", none},
  };
  for (const Change& change : kChanges) {
    CAPTURE(change.before, change.after);
    CHECK(end_of_common(change.before, change.after) == change.kept);
  }
}
