// SPDX-License-Identifier: Apache-2.0
// A policy that is read piece by piece says what it says as a whole.
#include "policies.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

using namespace sealwax;
using namespace sealwax::test;

namespace {

/// Hands a text out in pieces of at most `piece` bytes.
struct Source {
  std::string_view rest;
  std::size_t piece;

  static std::size_t read(void* self, Slice<char> into) {
    Source& source = *static_cast<Source*>(self);
    CHECK_FALSE(into.empty());
    const std::size_t size = std::min({source.piece, into.size(), source.rest.size()});
    std::memcpy(into.data(), source.rest.data(), size);
    source.rest.remove_prefix(size);
    return size;
  }
};

/// What a policy says for a program and an object in it, or its error.
std::string outcome(const Result<ProgramPolicy, PolicyError>& compiled) {
  if (!compiled.ok())
    return std::to_string(compiled.error().line) + ':' + std::to_string(compiled.error().column) +
           ": " + compiled.error().message + " '" + std::string{compiled.error().word} + "' " +
           std::to_string(static_cast<int>(compiled.error().report_to));
  std::string text = std::to_string(compiled->storage_used());
  for (const Settings& settings :
       {compiled->process(), compiled->object("libx.so", "/lib/liby.so")})
    text += ' ' + std::to_string(static_cast<int>(settings.mode)) +
            std::to_string(static_cast<int>(settings.relro)) +
            std::to_string(settings.seal.has(Region::data) ? 1 : 0) +
            std::string{settings.report_file};
  return text;
}

std::string whole(const std::string& text) {
  std::vector<char> storage(ProgramPolicy::storage_bound(text.size()));
  return outcome(ProgramPolicy::compile(text, "/usr/bin/prog", {storage.data(), storage.size()}));
}

std::string in_pieces(const std::string& text, std::size_t piece) {
  std::vector<char> storage(ProgramPolicy::storage_bound(text.size()));
  std::vector<char> window(PolicyInput::kWindow);
  Source source{text, piece};
  PolicyInput input;
  input.window = {window.data(), window.size()};
  input.source = &source;
  input.read = Source::read;
  const auto compiled =
      ProgramPolicy::compile(input, "/usr/bin/prog", {storage.data(), storage.size()});
  const std::string first = outcome(compiled);
  if (!compiled.ok())
    return first;
  window.assign(window.size(), '?');
  CHECK(outcome(compiled) == first); // Nothing may point into the window.
  return first;
}

const std::string kPolicy =
    policy("# comment\n[defaults]\nreport-to = file:/var/log/a b\nseal = +data\n\n"
           "[object libx.so]\nonly-in = prog\nmode = off\n[program other]\nmode = audit\n"
           "[object /lib/lib[x-z].so]\nrelro = in-place\n[object never]\nonly-in = other\n"
           "relro = private\n[program prog]\nreport-to = file:/other");

void check_all_pieces(const std::string& text) {
  const std::string expected = whole(text);
  for (std::size_t piece = 1; piece <= std::min<std::size_t>(text.size(), 200); ++piece) {
    INFO(piece);
    CHECK(in_pieces(text, piece) == expected);
  }
  CHECK(in_pieces(text, text.size() + 1) == expected);
}

} // namespace

TEST_CASE("pieces of any size") {
  REQUIRE(whole(kPolicy).find("/other") != std::string::npos);
  check_all_pieces(kPolicy);
  check_all_pieces(kPolicy + "\n");
}

TEST_CASE("errors in pieces of any size") {
  for (const char* fault :
       {"\nmode = of", "\nmode = off\r\n", "\nx", "\n[object [", "\nmode =\n"}) {
    INFO(fault);
    REQUIRE(whole(kPolicy + fault).find(": ") != std::string::npos);
    check_all_pieces(kPolicy + fault);
  }
  check_all_pieces("sealwax-policy 2\n");
  CHECK(in_pieces("", 1) == whole(""));
}

TEST_CASE("a text longer than the window, whose lines lie across its end") {
  for (std::size_t filler = 0; filler < 40; ++filler) {
    std::string text = policy("#" + std::string(filler, 'x') + '\n');
    while (text.size() < 3 * PolicyInput::kWindow)
      text += "[object /usr/lib/libx.so." + std::to_string(text.size()) + "]\nseal = -gaps\n";
    text += "[object libx.so]\nmode = off\n";
    INFO(filler);
    const std::string expected = whole(text);
    CHECK(in_pieces(text, text.size()) == expected);
    CHECK(in_pieces(text, 1000) == expected);
  }
}

TEST_CASE("lines as long as they may be, and longer") {
  const std::string longest(ProgramPolicy::kMaxLine, '#');
  for (const std::string& text :
       {policy(longest + '\n' + longest + "\n" + longest + "\n[defaults]\nmode = off\n"),
        policy(longest + '\n' + longest + "#\n"), policy(longest + '\n' + longest + longest),
        policy(longest + "\n" + longest)})
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, text.size()})
      CHECK(in_pieces(text, piece) == whole(text));
}
