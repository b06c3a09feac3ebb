// SPDX-License-Identifier: Apache-2.0
// Values as bytes, from one process to another of the same program.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace sealwax::cli {

/// What is put as the bytes that it is.
template <typename T>
concept Flat = std::is_trivially_copyable_v<T>;
template <typename T>
concept NotFlat = !Flat<T>;

class Packer {
public:
  template <Flat T>
  void put(const T& value) {
    const char* bytes = reinterpret_cast<const char*>(&value);
    bytes_.append(bytes, sizeof value);
  }
  void put(const std::string& text) {
    put(text.size());
    bytes_ += text;
  }
  template <NotFlat T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    if (value)
      put(*value);
  }
  template <typename T>
  void put(const std::vector<T>& values) {
    put(values.size());
    for (const T& value : values)
      put(value);
  }
  template <typename Key, typename T>
  void put(const std::map<Key, T>& values) {
    put(values.size());
    for (const auto& [key, value] : values) {
      put(key);
      put(value);
    }
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

private:
  std::string bytes_;
};

/// In the order in which it was put. Throws std::runtime_error where it ends too soon.
class Unpacker {
public:
  explicit Unpacker(std::string_view bytes) : bytes_(bytes) {}

  template <Flat T>
  void get(T& value) {
    std::memcpy(static_cast<void*>(&value), take(sizeof value).data(), sizeof value);
  }
  void get(std::string& text) { text = take(number()); }
  template <NotFlat T>
  void get(std::optional<T>& value) {
    bool there = false;
    get(there);
    value.reset();
    if (there)
      get(value.emplace());
  }
  template <typename T>
  void get(std::vector<T>& values) {
    values.clear();
    for (std::size_t rest = number(); rest != 0; --rest)
      get(values.emplace_back());
  }
  template <typename Key, typename T>
  void get(std::map<Key, T>& values) {
    values.clear();
    for (std::size_t rest = number(); rest != 0; --rest) {
      Key key{};
      get(key);
      get(values[key]);
    }
  }

private:
  std::size_t number() {
    std::size_t value = 0;
    get(value);
    return value;
  }
  std::string_view take(std::size_t size) {
    if (size > bytes_.size())
      throw std::runtime_error("the worker's answer is cut short");
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  std::string_view bytes_;
};

} // namespace sealwax::cli
