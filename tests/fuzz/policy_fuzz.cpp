// SPDX-License-Identifier: Apache-2.0
#include "fuzz.hpp"
#include "model/policy/policy.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

using namespace sealwax;
using sealwax::fuzz::expect;

namespace {

constexpr std::string_view kProgram = "/usr/bin/prog";
constexpr std::string_view kObject = "/usr/lib/libx.so.1";

Result<ProgramPolicy, PolicyError> compile(std::string_view text, std::vector<char>& storage) {
  return ProgramPolicy::compile(text, kProgram, {storage.data(), storage.size()});
}

/// Hands a text out in pieces.
struct Source {
  std::string_view rest;
  std::size_t piece;

  static std::size_t read(void* self, Slice<char> into) {
    Source& source = *static_cast<Source*>(self);
    const std::size_t size = std::min({source.piece, into.size(), source.rest.size()});
    std::memcpy(into.data(), source.rest.data(), size);
    source.rest.remove_prefix(size);
    return size;
  }
};

/// Read piece by piece, with pieces as large as the text's last byte says.
void check_pieces(std::string_view text, const Result<ProgramPolicy, PolicyError>& whole) {
  std::vector<char> storage(ProgramPolicy::storage_bound(text.size()));
  std::vector<char> window(PolicyInput::kWindow);
  Source source{text, text.empty() ? 1 : 1U + static_cast<unsigned char>(text.back())};
  PolicyInput input;
  input.window = {window.data(), window.size()};
  input.source = &source;
  input.read = Source::read;
  const auto read = ProgramPolicy::compile(input, kProgram, {storage.data(), storage.size()});
  expect(read.ok() == whole.ok(), "pieces have an error where the whole has one");
  if (read.ok()) {
    window.assign(window.size(), '?');
    expect(read->process() == whole->process(), "pieces say what the whole says");
    expect(read->object(kObject, kObject) == whole->object(kObject, kObject),
           "pieces say what the whole says of an object");
    return;
  }
  expect(read.error().line == whole.error().line && read.error().column == whole.error().column &&
             read.error().message == whole.error().message &&
             read.error().word == whole.error().word,
         "pieces have the whole's error");
}

void check_error(const PolicyError& error, std::string_view text) {
  expect(error.line >= 1 && error.column >= 1, "an error has a place");
  expect(error.column <= ProgramPolicy::kMaxLine + 1, "the place lies in a line");
  expect(error.message != nullptr && *error.message != '\0', "an error has a message");
  expect(error.word.empty() || (error.word.data() >= text.data() &&
                                error.word.data() + error.word.size() <= text.data() + text.size()),
         "the word is part of the text");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text{reinterpret_cast<const char*>(data), size};
  std::vector<char> storage(ProgramPolicy::storage_bound(size));
  const auto compiled = compile(text, storage);
  check_pieces(text, compiled);
  if (!compiled.ok()) {
    check_error(compiled.error(), text);
    return 0;
  }
  const Settings process = compiled->process();
  const Settings object = compiled->object(kObject, kObject);
  expect(compiled->names_objects() || object == process, "objects differ by their sections only");

  std::vector<char> exact(compiled->storage_used());
  expect(compile(text, exact).ok(), "what was used is enough");
  expect(exact.empty() || !compile(text, exact = std::vector<char>(exact.size() - 1)).ok(),
         "what was used is needed");

  text.assign(text.size(), '?');
  expect(compiled->process() == process && compiled->object(kObject, kObject) == object,
         "nothing kept points into the text");
  return 0;
}
