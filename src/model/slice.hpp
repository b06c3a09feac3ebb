// Views and results for code that may neither allocate nor throw.
#pragma once

#include <cstddef>
#include <type_traits>

namespace sealwax {

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
  template <typename U>
  requires(std::is_same_v<const U, T>) constexpr Slice(Slice<U> other)
      : data_(other.data()), size_(other.size()) {}

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

/// Up to `Capacity` values, in place. `push` says whether there was room.
template <typename T, std::size_t Capacity>
class FixedVector {
public:
  [[nodiscard]] constexpr bool push(const T& value) {
    if (size_ == Capacity)
      return false;
    items_[size_++] = value;
    return true;
  }
  /// Puts `value` before the item at `index`, at most size(). False: no room, nothing changed.
  [[nodiscard]] constexpr bool insert(std::size_t index, const T& value) {
    if (size_ == Capacity)
      return false;
    for (std::size_t i = size_++; i > index; --i)
      items_[i] = items_[i - 1];
    items_[index] = value;
    return true;
  }
  constexpr void erase(std::size_t index) {
    for (std::size_t i = index + 1; i < size_; ++i)
      items_[i - 1] = items_[i];
    --size_;
  }
  constexpr void clear() { size_ = 0; }
  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] constexpr bool full() const { return size_ == Capacity; }
  constexpr T& operator[](std::size_t index) { return items_[index]; }
  constexpr const T& operator[](std::size_t index) const { return items_[index]; }
  constexpr T* begin() { return items_; }
  constexpr T* end() { return items_ + size_; }
  constexpr const T* begin() const { return items_; }
  constexpr const T* end() const { return items_ + size_; }
  constexpr T& back() { return items_[size_ - 1]; }

private:
  T items_[Capacity];
  std::size_t size_ = 0;
};

} // namespace sealwax
