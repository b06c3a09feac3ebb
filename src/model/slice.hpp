// SPDX-License-Identifier: Apache-2.0
// Views and results for code that may neither allocate nor throw.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

namespace sealwax {

template <typename T, typename Other>
concept BecomesConstant = std::is_same_v<const T, Other>;

/// A view of `size` objects that somebody else owns. Unlike std::span it promises that no path
/// through it can reach the C++ runtime, whatever the library's assertion level.
template <typename T>
class Slice {
public:
  constexpr Slice() = default;
  constexpr Slice(T* data, std::size_t size) : data_(data), size_(size) {}
  template <std::size_t N>
  constexpr Slice(T (&array)[N]) : data_(array), size_(N) {}
  /// A slice of mutable objects is one of constant objects too.
  template <BecomesConstant<T> U>
  constexpr Slice(Slice<U> other) : data_(other.data()), size_(other.size()) {}

  [[nodiscard]] constexpr T* data() const { return data_; }
  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] constexpr T* begin() const { return data_; }
  [[nodiscard]] constexpr T* end() const { return data_ + size_; }
  constexpr T& operator[](std::size_t index) const { return data_[index]; }

private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A value or the reason why there is none. The reader asks `ok()` first; reading the absent side
/// gives a default-constructed object, never undefined behaviour.
template <typename T, typename E>
class [[nodiscard]] Result {
public:
  constexpr Result(T value) : value_(value), ok_(true) {}
  constexpr Result(E error) : error_(error), ok_(false) {}

  [[nodiscard]] constexpr bool ok() const { return ok_; }
  constexpr explicit operator bool() const { return ok_; }
  [[nodiscard]] constexpr const T& value() const { return value_; }
  constexpr const T& operator*() const { return value_; }
  constexpr const T* operator->() const { return &value_; }
  [[nodiscard]] constexpr const E& error() const { return error_; }

private:
  T value_{};
  E error_{};
  bool ok_;
};

/// Up to `Capacity` values, in place. `push` says whether there was room. Only what was pushed is
/// ever touched: a vector of pages on the stack costs none that it does not fill.
template <typename T, std::size_t Capacity>
class FixedVector {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

public:
  FixedVector() = default;

  [[nodiscard]] bool push(const T& value) {
    if (size_ == Capacity)
      return false;
    put(size_++, value);
    return true;
  }
  /// Puts `value` before the item at `index`, at most size(). False: no room, nothing changed.
  [[nodiscard]] bool insert(std::size_t index, const T& value) {
    if (size_ == Capacity)
      return false;
    const T copy = value;
    for (std::size_t i = size_++; i > index; --i)
      put(i, begin()[i - 1]);
    put(index, copy);
    return true;
  }
  void erase(std::size_t index) {
    for (std::size_t i = index + 1; i < size_; ++i)
      begin()[i - 1] = begin()[i];
    --size_;
  }
  void clear() { size_ = 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] bool full() const { return size_ == Capacity; }
  [[nodiscard]] bool has_room_for(std::size_t more) const { return more <= Capacity - size_; }
  T& operator[](std::size_t index) { return begin()[index]; }
  const T& operator[](std::size_t index) const { return begin()[index]; }
  T* begin() { return std::launder(reinterpret_cast<T*>(bytes_)); }
  T* end() { return begin() + size_; }
  const T* begin() const { return std::launder(reinterpret_cast<const T*>(bytes_)); }
  const T* end() const { return begin() + size_; }
  T& back() { return begin()[size_ - 1]; }

private:
  void put(std::size_t index, const T& value) { new (bytes_ + index * sizeof(T)) T(value); }

  std::size_t size_ = 0;
  alignas(T) std::byte bytes_[Capacity * sizeof(T)];
};

} // namespace sealwax
